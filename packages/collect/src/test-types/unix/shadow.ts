import { parseAccountFile } from '../../parsers/account-file.ts'
import { parseInteger } from '../../parsers/integer.ts'
import { defineTestType } from '../../test-type.ts'

/** Passwords and their ageing by /etc/shadow: the unix `shadow_test`. */
export const shadow = defineTestType({
  family: 'unix',
  name: 'shadow',
  description: 'Hashed passwords of /etc/shadow with their age limits.',
  object: ['username'],
  item: {
    username: 'string',
    password: 'string',
    chg_lst: 'int',
    chg_allow: 'int',
    chg_req: 'int',
    exp_warn: 'int',
    exp_inact: 'int',
    exp_date: 'int',
    flag: 'string',
    encrypt_method: 'string',
  },

  async collect(session, { object }) {
    const text = await session.readText('/etc/shadow')
    if (text === undefined) return []
    return parseAccountFile(text, 2)
      .filter(([username = '']) => object.username.matches(username))
      .map(([username = '', password = '', ...fields]) => {
        // The C library has -1 for an empty field, and all bits set for the last one.
        const day = (at: number): bigint => parseInteger(fields[at], -1n)
        const method = encryptMethod(password)
        return {
          username,
          password,
          chg_lst: day(0),
          chg_allow: day(1),
          chg_req: day(2),
          exp_warn: day(3),
          exp_inact: day(4),
          exp_date: day(5),
          flag: parseInteger(fields[6], 18_446_744_073_709_551_615n).toString(),
          ...(method === undefined ? {} : { encrypt_method: method }),
        }
      })
  },
})

/**
 * The method by crypt(5)'s prefix, where the standard has a word for it (EntityItemEncryptMethodType): none for yescrypt.
 * What has no prefix is DES, as the referee says even of a locked account.
 */
function encryptMethod(password: string): string | undefined {
  if (password.startsWith('_')) return 'BSDi'
  if (!password.startsWith('$')) return 'DES'
  const prefix = /^\$(\w+)[$,]/.exec(password)?.[1] ?? ''
  return encryptMethods[prefix]
}

const encryptMethods: Readonly<Record<string, string>> = {
  '1': 'MD5',
  '2': 'Blowfish',
  '2a': 'Blowfish',
  '2b': 'Blowfish',
  '2x': 'Blowfish',
  '2y': 'Blowfish',
  '5': 'SHA-256',
  '6': 'SHA-512',
  md5: 'Sun MD5',
}
