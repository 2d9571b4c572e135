import { parseAccountFile } from '../../parsers/account-file.ts'
import { parseInteger } from '../../parsers/integer.ts'
import { defineTestType } from '../../test-type.ts'

/** Accounts of /etc/passwd: the unix `password_test`. */
export const password = defineTestType({
  family: 'unix',
  name: 'password',
  description: 'Accounts of /etc/passwd.',
  object: ['username'],
  item: {
    username: 'string',
    password: 'string',
    user_id: 'int',
    group_id: 'int',
    gcos: 'string',
    home_dir: 'string',
    login_shell: 'string',
    last_login: 'int',
  },

  async collect(session, { object }) {
    const passwd = await session.readText('/etc/passwd')
    if (passwd === undefined) return []
    return parseAccountFile(passwd, 7)
      .filter(([username = '']) => object.username.matches(username))
      .map(([username = '', secret = '', user, group, gcos = '', home_dir = '', login_shell = '']) => ({
        username,
        password: secret,
        user_id: parseInteger(user, -1n),
        group_id: parseInteger(group, -1n),
        gcos,
        home_dir,
        login_shell,
        // Not in this file; the referee says -1 for an account that never logged in.
        last_login: -1n,
      }))
  },
})
