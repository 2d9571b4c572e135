import type { Kysely } from 'kysely'
import type { Tables } from '../db/schema.ts'
import { findPassword } from '../store/users.ts'
import { possibleNames, possiblePasswords, type Grant } from './grant.ts'
import { hashPassword, verifyPassword } from './password.ts'

/** Verified when there is no such account, so that the answer takes as long. */
const nobodysHash = hashPassword('no account has this')

/** How many readings of a password are tried, always: their number must not tell anything. */
const triedPasswords = 2

export interface Account {
  readonly id: string
  readonly name: string
}

/** The enabled account that the grant names with its password. */
export async function login(db: Kysely<Tables>, grant: Grant): Promise<Account | undefined> {
  let found
  for (const name of possibleNames(grant.username)) found ??= await findPassword(db, name)
  const hash = found?.hash ?? (await nobodysHash)
  const passwords = possiblePasswords(grant.password)
  let correct = false
  for (let at = 0; at < Math.max(triedPasswords, passwords.length); at += 1) {
    correct = (await verifyPassword(passwords[at] ?? '', hash)) || correct
  }
  return correct && found !== undefined && !found.disabled ? { id: found.id, name: found.name } : undefined
}
