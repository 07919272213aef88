import { setMaxListeners } from 'node:events'
import { LRUCache } from 'lru-cache'
import type { Actor, ScopeOf, Tx } from 'care-kernel'
import type { Actors as ActorsContract } from './contract.ts'
import type { manifest } from './manifest.ts'

/** The actor of a user, and whether the user is active. */
export interface Account {
  readonly actor: Actor
  readonly active: boolean
}

type ActorScope = Pick<ScopeOf<typeof manifest>, 'cache' | 'clock' | 'config' | 'database' | 'logger' | 'slots'>

const CHANNEL = 'actors'
const ALL = '*'
/** A concurrent reader may cache what it read just before a commit; a second invalidation after this delay drops that. */
const SECOND_PASS_MS = 300

/**
 * Actors by user in two levels: this process, then the cache port, both for `permissionCacheSeconds`. A change is
 * invalidated in both levels and published after its commit, and again a moment later, so that every process sees it within a second; if the
 * message is lost, within the lifetime. 0 seconds switches both levels off.
 */
export class Actors implements ActorsContract {
  readonly #scope: ActorScope
  readonly #near: LRUCache<string, { readonly account: Account; readonly until: number }> = new LRUCache({ max: 10_000 })
  readonly #statement: string
  #invalidations = 0
  /** Until then the cache port may hold entries from before a change of all users. */
  #farStaleUntil = Number.NEGATIVE_INFINITY
  readonly #stopper = new AbortController()
  #unsubscribe: (() => Promise<void>) | undefined

  constructor({ cache, clock, config, database, logger, slots }: ActorScope) {
    // Each change adds one listener until its second pass.
    setMaxListeners(0, this.#stopper.signal)
    this.#scope = { cache, clock, config, database, logger, slots }
    this.#statement = `select /* actor of the credentials */ json_build_object('active', u.is_active, 'actor', json_build_object(
      'id', u.id, 'externalId', u.external_id, 'username', u.username, 'userType', u.user_type, 'superuser', u.is_superuser, 'verified', u.verified,
      'wardId', u.ward_id, 'localBodyId', u.local_body_id, 'districtId', u.district_id, 'stateId', u.state_id, 'homeFacilityId', u.home_facility_id,
      'facilityIds', to_json(${slots.actor.facility_ids}), 'assetId', u.asset_id, 'assetFacilityId', ${slots.actor.asset_facility_id})) as account
      from users_user u where u.external_id = $1 and not u.deleted`
  }

  /** Subscribes to changes by other processes. */
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

  /** The user, active or not; undefined for one that is unknown or deleted. */
  async account(externalId: string): Promise<Account | undefined> {
    const {
      cache,
      clock,
      config: { permissionCacheSeconds: seconds }
    } = this.#scope
    if (seconds === 0) return this.#load(externalId)
    const cached = this.cached(externalId)
    if (cached) return cached
    const before = this.#invalidations
    const far = clock.monotonic() < this.#farStaleUntil ? undefined : await cache.get<Account>(keyOf(externalId))
    const account = far ?? (await this.#load(externalId))
    // An invalidation during the read may concern this user: answer, but do not cache.
    if (account && before === this.#invalidations) {
      this.#near.set(externalId, { account, until: clock.monotonic() + seconds * 1000 })
      if (!far) void cache.set(keyOf(externalId), account, seconds)
    }
    return account
  }

  /** The entry of the first level, if it is still valid. */
  cached(externalId: string): Account | undefined {
    const near = this.#near.get(externalId)
    return near && near.until > this.#scope.clock.monotonic() ? near.account : undefined
  }

  changed(tx: Tx, userIds: readonly number[] | 'all'): void {
    if (userIds !== 'all' && userIds.length === 0) return
    tx.afterCommit(async () => {
      await this.#invalidate(userIds)
      void this.#scope.clock
        .sleep(SECOND_PASS_MS, this.#stopper.signal)
        .then(() => this.#invalidate(userIds, true))
        .catch(() => undefined)
    })
  }

  /** Never rejects, because the change is committed. The second pass logs nothing: a command may have closed its ports by then. */
  async #invalidate(userIds: readonly number[] | 'all', again = false): Promise<void> {
    const { cache, database, logger } = this.#scope
    try {
      const externalIds =
        userIds === 'all'
          ? [ALL]
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
    this.#invalidations++
    if (externalId !== ALL) return void this.#near.delete(externalId)
    this.#near.clear()
    const { clock, config } = this.#scope
    this.#farStaleUntil = clock.monotonic() + config.permissionCacheSeconds * 1000
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
