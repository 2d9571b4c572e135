import { Type } from 'typebox'
import type { Reply } from '../../api/operation.ts'
import { possibleNames, readGrant, type Grant } from '../../auth/grant.ts'
import { login } from '../../auth/login.ts'
import { defineOperation, type Context } from '../../context.ts'
import { recordAudit } from '../../store/audit.ts'
import { forgetLoginFailures, recordLoginFailure, secondsBlocked } from '../../store/login-failures.ts'
import { accessSeconds, issueTokens, spendRefreshToken, type TokenPair } from '../../store/tokens.ts'

const OAuthError = Type.Object({ error: Type.String(), error_description: Type.String() })

/** Create Tokens: the password grant, and the refresh grant that trades a refresh token for a new pair. */
export const createTokens = defineOperation({
  method: 'POST',
  path: '/ccs/api/v1/oauth/tokens',
  summary: 'Create tokens',
  access: 'public',
  maxBodyBytes: 16 * 1024,
  replies: {
    200: Type.Object({
      access_token: Type.String(),
      refresh_token: Type.String(),
      token_type: Type.Literal('bearer'),
      expires_in: Type.Integer(),
    }),
    400: OAuthError,
    429: OAuthError,
  },
  async handler(context, { body, address }) {
    const grant = readGrant(Buffer.from(body).toString('utf8'))
    switch (grant.grantType) {
      case undefined:
        return failure('invalid_request', 'grant_type is missing; send grant_type=password or grant_type=refresh_token')
      case 'password':
        return grant.username.length === 0 || grant.password.length === 0
          ? failure('invalid_request', 'the password grant needs username and password')
          : passwordGrant(context, grant, address)
      case 'refresh_token':
        return grant.refreshToken === undefined
          ? failure('invalid_request', 'the refresh grant needs refresh_token')
          : refreshGrant(context, grant.refreshToken, address)
      default:
        return failure('unsupported_grant_type', 'grant_type must be password or refresh_token')
    }
  },
})

async function passwordGrant(context: Context, grant: Grant, address: string): Promise<Reply> {
  const db = context.database.kysely
  const name = possibleNames(grant.username).at(-1)?.toLowerCase() ?? ''
  const subjects = [`account ${name.slice(0, 200)}`, `address ${address}`]
  const wait = await secondsBlocked(db, subjects)
  if (wait > 0) {
    const reply = failure('invalid_grant', `too many failed logins; try again in ${wait} s`, 429)
    return { ...reply, headers: { ...reply.headers, 'retry-after': String(wait) } }
  }
  const account = await login(db, grant)
  if (account === undefined) {
    await recordLoginFailure(db, subjects)
    await recordAudit(db, { actor: name.slice(0, 200), action: 'login', target: address, outcome: 'refused' })
    return failure('invalid_grant', 'the user name or the password is wrong')
  }
  await forgetLoginFailures(db, subjects)
  return db.transaction().execute(async (tx) => {
    await recordAudit(tx, { actor: account.name, action: 'login', target: address, outcome: 'done' })
    return success(await issueTokens(tx, account.id))
  })
}

function refreshGrant(context: Context, token: string, address: string): Promise<Reply> {
  return context.database.kysely.transaction().execute(async (tx) => {
    const owner = await spendRefreshToken(tx, token)
    if (owner === undefined) return failure('invalid_grant', 'the refresh token is not known or has expired')
    if (owner === 'reused') {
      await recordAudit(tx, { actor: '', action: 'token.reuse', target: address, outcome: 'refused' })
      return failure('invalid_grant', 'the refresh token was used before; log in again')
    }
    return success(await issueTokens(tx, owner.userId, owner.family))
  })
}

const success = ({ accessToken, refreshToken }: TokenPair): Reply => ({
  status: 200,
  body: { access_token: accessToken, refresh_token: refreshToken, token_type: 'bearer', expires_in: accessSeconds },
})

/** OAuth 2.0 (RFC 6749, section 5.2). */
const failure = (error: string, description: string, status = 400): Reply => ({
  status,
  headers: { pragma: 'no-cache' },
  body: { error, error_description: description },
})
