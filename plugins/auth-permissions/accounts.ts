import { availableParallelism } from 'node:os'
import pLimit, { type LimitFunction } from 'p-limit'
import type { Queryable, ScopeOf } from 'care-kernel'
import type { manifest } from './manifest.ts'
import { User } from './models.ts'
import { hashPassword, isUsable, needsRehash, verifyPassword, type HashOptions } from './password-hashes.ts'
import { makeTokens, type Tokens } from './tokens.ts'

/** A user as password checks need it. */
export interface StoredAccount {
  readonly id: number
  readonly external_id: string
  readonly username: string
  readonly password: string
  readonly is_active: boolean
  readonly asset_id: number | null
  readonly first_name: string
  readonly last_name: string
  readonly email: string
}

type AccountsScope = Pick<ScopeOf<typeof manifest>, 'clock' | 'config' | 'database' | 'deployment' | 'repository'>

const COLUMNS = 'id, external_id, username, password, is_active, asset_id, first_name, last_name, email'

/** Hashes run on libuv's four threads, which file access and name resolution need too. */
const MAX_HASHES = 3

/** Passwords and tokens of users. Concurrent hashes are limited by the number of cores, so that reads are not starved. */
export class Accounts {
  readonly tokens: Tokens
  readonly #scope: AccountsScope
  readonly #hash: HashOptions
  readonly #limit: LimitFunction
  #dummy: Promise<string> | undefined

  constructor({ clock, config, database, deployment, repository }: AccountsScope) {
    this.#scope = { clock, config, database, deployment, repository }
    this.#hash = config.passwordHash
    this.#limit = pLimit(Math.max(1, Math.min(MAX_HASHES, availableParallelism() - 1)))
    this.tokens = makeTokens({
      secret: deployment.security.secretKey,
      accessMinutes: config.accessTokenMinutes,
      refreshMinutes: config.refreshTokenMinutes
    })
  }

  /** The user of this exact name, unless deleted. */
  async named(username: string, db: Queryable = this.#scope.database): Promise<StoredAccount | undefined> {
    return username.includes('\0') ? undefined : this.#find(db, 'username', username)
  }

  /** The user of this key, unless deleted. */
  byId = (id: number): Promise<StoredAccount | undefined> => this.#find(this.#scope.database, 'id', id)

  /** The active user of this name and password, hashed anew where its format is outdated. Unknown users cost a hash too. */
  async check(username: string, password: string): Promise<StoredAccount | undefined> {
    const user = await this.named(username)
    const known = user?.is_active && isUsable(user.password) ? user : undefined
    const right = await this.matches(password, known?.password ?? (await this.#anyHash()))
    if (!known || !right) return undefined
    await this.#rehash(known, password)
    return known
  }

  matches = (password: string, stored: string): Promise<boolean> => this.#limit(() => verifyPassword(password, stored))

  hash = (password: string): Promise<string> => this.#limit(() => hashPassword(password, this.#hash))

  /** Sets the time of the last login or refresh. */
  async seen(userId: number): Promise<void> {
    await this.#scope.repository(User).update(this.#scope.database, userId, { last_login: this.#scope.clock.now() })
  }

  async #find(db: Queryable, column: 'id' | 'username', key: number | string): Promise<StoredAccount | undefined> {
    const { rows } = await db.query<StoredAccount>(`select ${COLUMNS} from users_user where ${column} = $1 and not deleted`, [
      key
    ])
    return rows[0]
  }

  async #rehash({ id, password: stored }: StoredAccount, password: string): Promise<void> {
    if (!needsRehash(stored, this.#hash)) return
    const renewed = await this.hash(password)
    await this.#scope.repository(User).updateWhere(this.#scope.database, { id, password: stored }, { password: renewed })
  }

  #anyHash(): Promise<string> {
    return (this.#dummy ??= this.hash('no user has this password'))
  }
}
