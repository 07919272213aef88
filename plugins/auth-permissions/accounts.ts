import { availableParallelism } from 'node:os'
import pLimit, { type LimitFunction } from 'p-limit'
import type { Clock, Database, Deployment, Queryable } from 'care-kernel'
import type { Repositories } from 'care-kernel/data'
import { User } from './models.ts'
import { hashPassword, isUsable, needsRehash, verifyPassword, type HashOptions } from './password-hashes.ts'
import type { AuthSettings } from './settings.ts'
import { makeTokens, type Tokens } from './tokens.ts'

/** What checking a password needs to know of a user. */
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

const COLUMNS = 'id, external_id, username, password, is_active, asset_id, first_name, last_name, email'

/** Hashes run on libuv's four threads, which files and name look-ups need too. */
const HASHES_AT_MOST = 3

/** Passwords and tokens of users. Hashing is limited to the cores there are, so that reads keep their share. */
export class Accounts {
  readonly tokens: Tokens
  readonly #database: Database
  readonly #clock: Clock
  readonly #repository: Repositories
  readonly #hash: HashOptions
  readonly #limit: LimitFunction
  #dummy: Promise<string> | undefined

  constructor({
    database,
    clock,
    repository,
    config,
    deployment
  }: {
    database: Database
    clock: Clock
    repository: Repositories
    config: AuthSettings
    deployment: Deployment
  }) {
    this.#database = database
    this.#clock = clock
    this.#repository = repository
    this.#hash = config.passwordHash
    this.#limit = pLimit(Math.max(1, Math.min(HASHES_AT_MOST, availableParallelism() - 1)))
    this.tokens = makeTokens({
      secret: deployment.security.secretKey,
      accessMinutes: config.accessTokenMinutes,
      refreshMinutes: config.refreshTokenMinutes
    })
  }

  /** The user of this exact name, unless deleted. */
  async named(username: string, db: Queryable = this.#database): Promise<StoredAccount | undefined> {
    if (username.includes('\0')) return undefined
    return (await db.query<StoredAccount>(`select ${COLUMNS} from users_user where username = $1 and not deleted`, [username]))
      .rows[0]
  }

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

  /** Remembers that the user was here (login and refresh). */
  async seen(userId: number): Promise<void> {
    await this.#repository(User).update(this.#database, userId, { last_login: this.#clock.now() })
  }

  async #rehash({ id, password: stored }: StoredAccount, password: string): Promise<void> {
    if (!needsRehash(stored, this.#hash)) return
    const renewed = await this.hash(password)
    await this.#repository(User).updateWhere(this.#database, { id, password: stored }, { password: renewed })
  }

  #anyHash(): Promise<string> {
    return (this.#dummy ??= this.hash('nobody has this password'))
  }
}
