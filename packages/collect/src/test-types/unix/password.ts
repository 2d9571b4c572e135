import { concernsOneThing } from '../../errors.ts'
import { parseAccountFile } from '../../parsers/account-file.ts'
import { neverLoggedIn, parseLastlog } from '../../parsers/lastlog.ts'
import type { Session } from '../../session.ts'
import { defineTestType, type EntityStatus } from '../../test-type.ts'

/** Accounts of /etc/passwd: the unix `password_test`. */
export const password = defineTestType({
  family: 'unix',
  name: 'password',
  description: 'Accounts of /etc/passwd, with the time of the last login where /var/log/lastlog tells it.',
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
    const [passwd, lastLogins] = await Promise.all([session.readText('/etc/passwd'), readLastLogins(session)])
    if (passwd === undefined) return []
    const { lastLogin, message } = lastLogins
    const found = parseAccountFile(passwd, 4).flatMap(
      ([username = '', secret = '', user = '', group = '', ...rest]) => {
        // The system passes over lines without numbers too.
        if (!/^\d+$/.test(user) || !/^\d+$/.test(group) || !object.username.matches(username)) return []
        const [gcos = '', home_dir = '', login_shell = ''] = rest
        const user_id = BigInt(user)
        const group_id = BigInt(group)
        const last_login = lastLogin(user_id)
        return [{ values: { username, password: secret, user_id, group_id, gcos, home_dir, login_shell, last_login } }]
      },
    )
    return { ...(message === undefined ? {} : { messages: [message] }), found }
  },
})

/** The file has room for every user id up to the highest that logged in, so it can be far larger than what it tells. */
const maxLastlogBytes = 4_000_000n

interface LastLogins {
  readonly lastLogin: (userId: bigint) => EntityStatus | bigint
  /** Why it is not known. */
  readonly message?: string
}

function readLastLogins(session: Session): Promise<LastLogins> {
  return session.once('last logins', async () => {
    try {
      const status = await session.status('/var/log/lastlog')
      if (status === undefined) return { lastLogin: () => neverLoggedIn }
      if (status.size > maxLastlogBytes) return { lastLogin: () => ({ status: 'not collected' }) }
      const bytes = await session.readBytes('/var/log/lastlog')
      if (bytes === undefined) return { lastLogin: () => neverLoggedIn }
      return { lastLogin: parseLastlog(bytes) ?? (() => ({ status: 'not collected' })) }
    } catch (error) {
      if (!concernsOneThing(error)) throw error
      // The accounts are known all the same.
      return { lastLogin: () => ({ status: 'error' }), message: error.message }
    }
  })
}
