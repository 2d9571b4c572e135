import { createHash } from 'node:crypto'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type { Pool, PoolClient } from 'pg'

/** Statements that are made once stay unnamed: a name is kept by every connection until it closes. */
const usesBeforeNaming = 3
const mostStatements = 500

/** PostgreSQL's answer when a table has changed under a prepared statement (`feature_not_supported`). */
const stalePlan = '0A000'

/**
 * A pool on which a statement that comes again is prepared once on each connection, so that PostgreSQL parses and plans
 * it once. A connection whose plans a schema change has outdated is closed when it is given back.
 */
export function preparing(pool: Pool): PostgresPool {
  const uses = new Map<string, number>()
  const names = new Map<string, string>()
  const nameOf = (text: string): string | undefined => {
    const name = names.get(text)
    if (name !== undefined) return name
    const before = uses.get(text) ?? 0
    if (before === 0 && uses.size >= mostStatements) return undefined
    uses.set(text, before + 1)
    if (before + 1 >= usesBeforeNaming) names.set(text, createHash('sha256').update(text).digest('base64url'))
    return undefined
  }
  return {
    async connect() {
      return new PreparingClient(await pool.connect(), nameOf) as unknown as PostgresPoolClient
    },
    end: () => pool.end(),
    options: {},
  }
}

class PreparingClient {
  readonly #client: PoolClient
  readonly #nameOf: (text: string) => string | undefined
  #outdated = false

  constructor(client: PoolClient, nameOf: (text: string) => string | undefined) {
    this.#client = client
    this.#nameOf = nameOf
  }

  async query(text: string, values: readonly unknown[] = []): Promise<unknown> {
    const statement = { text, values: [...values] }
    const name = values.length === 0 ? undefined : this.#nameOf(text)
    if (name === undefined) return this.#client.query(statement)
    try {
      return await this.#client.query({ ...statement, name })
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== stalePlan) throw error
      this.#outdated = true
      // Planned afresh; in a transaction the failure has already ended it, and this says so.
      return this.#client.query(statement)
    }
  }

  release(discard = false): void {
    this.#client.release(discard || this.#outdated)
  }
}
