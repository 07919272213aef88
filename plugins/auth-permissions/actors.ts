import { setMaxListeners } from 'node:events'
import { LRUCache } from 'lru-cache'
import type { Actor, Cache, Clock, Database, Logger, Tx } from 'care-kernel'
import type { Actors as ActorsContract } from './contract.ts'

/** A user as authentication sees one. */
export interface Account {
  readonly actor: Actor
  readonly active: boolean
}

interface ActorScope {
  readonly database: Database
  readonly cache: Cache
  readonly clock: Clock
  readonly logger: Logger
  readonly config: { readonly permissionCacheSeconds: number }
  readonly slots: { readonly actor: { readonly facility_ids: string; readonly asset_facility_id: string } }
}

const CHANNEL = 'actors'
const EVERYBODY = '*'
/** A reader may store what it read just before a commit; whatever it stored is dropped again after this long. */
const SECOND_SWEEP_MS = 300

/**
 * Actors by user in two levels: this process, then the cache port, both for `permissionCacheSeconds`. A change is deleted and
 * announced once it is committed, and again a moment later, so that every process sees it within a second; with the announcement
 * lost, within the lifetime (design §5). 0 seconds switches both levels off.
 */
export class Actors implements ActorsContract {
  readonly #scope: ActorScope
  readonly #near: LRUCache<string, { readonly account: Account; readonly until: number }> = new LRUCache({ max: 10_000 })
  readonly #statement: string
  #announcements = 0
  /** Until then the cache port may still hold what was read before everybody changed. */
  #distrustFarUntil = Number.NEGATIVE_INFINITY
  readonly #stopper = new AbortController()
  #unsubscribe: (() => Promise<void>) | undefined

  constructor({ database, cache, clock, logger, config, slots }: ActorScope) {
    // One listener per change of the last moments.
    setMaxListeners(0, this.#stopper.signal)
    this.#scope = { database, cache, clock, logger, config, slots }
    this.#statement = `select json_build_object('active', u.is_active, 'actor', json_build_object(
      'id', u.id, 'externalId', u.external_id, 'username', u.username, 'userType', u.user_type, 'superuser', u.is_superuser, 'verified', u.verified,
      'wardId', u.ward_id, 'localBodyId', u.local_body_id, 'districtId', u.district_id, 'stateId', u.state_id, 'homeFacilityId', u.home_facility_id,
      'facilityIds', to_json(${slots.actor.facility_ids}), 'assetId', u.asset_id, 'assetFacilityId', ${slots.actor.asset_facility_id})) as account
      from users_user u where u.external_id = $1 and not u.deleted`
  }

  /** Listens to changes made by other processes. */
  async start(): Promise<void> {
    this.#unsubscribe = await this.#scope.cache.subscribe(CHANNEL, message => this.#forget(message))
  }

  async stop(): Promise<void> {
    this.#stopper.abort()
    await this.#unsubscribe?.()
  }

  async byExternalId(externalId: string): Promise<Actor | undefined> {
    const account = await this.account(externalId)
    return account?.active ? account.actor : undefined
  }

  /** The user whether active or not; undefined for one that is gone or deleted. */
  async account(externalId: string): Promise<Account | undefined> {
    const {
      cache,
      clock,
      config: { permissionCacheSeconds: seconds }
    } = this.#scope
    if (seconds === 0) return this.#load(externalId)
    const known = this.known(externalId)
    if (known) return known
    const before = this.#announcements
    const far = clock.monotonic() < this.#distrustFarUntil ? undefined : await cache.get<Account>(keyOf(externalId))
    const account = far ?? (await this.#load(externalId))
    // What was announced meanwhile may concern what was just read: answer with it, keep it not.
    if (account && before === this.#announcements) {
      this.#near.set(externalId, { account, until: clock.monotonic() + seconds * 1000 })
      if (!far) void cache.set(keyOf(externalId), account, seconds)
    }
    return account
  }

  /** What this process itself knows of the user at the moment. */
  known(externalId: string): Account | undefined {
    const near = this.#near.get(externalId)
    return near && near.until > this.#scope.clock.monotonic() ? near.account : undefined
  }

  changed(tx: Tx, userIds: readonly number[] | 'all'): void {
    if (userIds !== 'all' && userIds.length === 0) return
    tx.afterCommit(async () => {
      await this.#announce(userIds)
      void this.#scope.clock
        .sleep(SECOND_SWEEP_MS, this.#stopper.signal)
        .then(() => this.#announce(userIds, true))
        .catch(() => undefined)
    })
  }

  /** Never rejects: what it follows is committed. A second sweep is silent: a command may have closed everything by then. */
  async #announce(userIds: readonly number[] | 'all', again = false): Promise<void> {
    const { cache, database, logger } = this.#scope
    try {
      const externalIds =
        userIds === 'all'
          ? [EVERYBODY]
          : (
              await database.query<{ external_id: string }>('select external_id from users_user where id = any($1::bigint[])', [
                userIds
              ])
            ).rows.map(row => row.external_id)
      for (const externalId of externalIds) this.#forget(externalId)
      if (userIds !== 'all') await cache.delete(...externalIds.map(keyOf))
      for (const externalId of externalIds) await cache.publish(CHANNEL, externalId)
    } catch {
      if (!again) logger.warn({}, 'a change of permissions was not announced; others see it when their copies expire')
    }
  }

  #forget(externalId: string): void {
    this.#announcements++
    if (externalId !== EVERYBODY) return void this.#near.delete(externalId)
    this.#near.clear()
    const { clock, config } = this.#scope
    this.#distrustFarUntil = clock.monotonic() + config.permissionCacheSeconds * 1000
  }

  async #load(externalId: string): Promise<Account | undefined> {
    const {
      rows: [row]
    } = await this.#scope.database.query<{ account: Account }>(this.#statement, [externalId])
    return row?.account
  }
}

function keyOf(externalId: string): string {
  return `actor:${externalId}`
}
