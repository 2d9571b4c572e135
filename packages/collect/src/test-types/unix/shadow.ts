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
    return parseAccountFile(text, 8)
      .filter(([username = '']) => object.username.matches(username))
      .map(([username = '', password = '', ...days]) => {
        const [chg_lst, chg_allow, chg_req, exp_warn, exp_inact, exp_date] = days.map((day) => parseInteger(day, -1n))
        return {
          username,
          password,
          chg_lst: chg_lst ?? -1n,
          chg_allow: chg_allow ?? -1n,
          chg_req: chg_req ?? -1n,
          exp_warn: exp_warn ?? -1n,
          exp_inact: exp_inact ?? -1n,
          exp_date: exp_date ?? -1n,
          // The C library's word for an empty field: all bits set.
          flag: days[6] === undefined || days[6] === '' ? '18446744073709551615' : days[6],
          encrypt_method: encryptMethod(password),
        }
      })
  },
})

/** crypt(5) prefixes, named as the standard's EncryptMethodType does; a password that is none was taken for DES once. */
function encryptMethod(password: string): string {
  const prefix = /^\$([\w]+)\$/.exec(password)?.[1] ?? ''
  switch (prefix) {
    case '1':
      return 'MD5'
    case '2':
    case '2a':
    case '2b':
    case '2x':
    case '2y':
      return 'Blowfish'
    case 'md5':
      return 'Sun MD5'
    case '5':
      return 'SHA-256'
    case '6':
      return 'SHA-512'
    case 'y':
    case 'gy':
    case '7':
      return 'YesCrypt'
    default:
      return password.startsWith('_') ? 'BSDi' : 'DES'
  }
}
