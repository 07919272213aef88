import type { Static, TSchema } from 'typebox'
import type { Tx } from '../ports/database.ts'

/** A type without a value: what a contract promises and the plugin provides. */
export interface Phantom<T> {
  readonly type?: T
}

/** Says a type in a contract: `services: type<{ users: Users }>()`. */
export const type = <T>(): Phantom<T> => ({})

export type EventSchemas = Record<string, TSchema>

/** Questions and notices inside the owner's transaction: `(tx, payload) => answer`. A hook that says `tx: Tx` is always asked in a transaction. */
export type HookTypes = Record<string, (tx: Tx, payload: never) => Promise<unknown>>

/**
 * Places in the owner's SQL that others may fill: by slot, the alias of the row in scope and its fields, each with the SQL
 * constant it has where no plugin fills it.
 */
export type SlotTable = Record<string, { readonly alias: string; readonly fields: Readonly<Record<string, string>> }>

/**
 * A table of the owner that other plugins may read. In a template it stands for the name of the table:
 * `` `select u.name from ${UNIT} u where u.id = $1` ``.
 */
export interface Relation {
  /** Plugin, and name under which its contract offers the relation. */
  readonly owner: string
  readonly name: string
  readonly table: string
  /** The columns that others may use. They keep name and type within a version of the contract. */
  readonly columns: readonly string[]
  toString(): string
}

/** Where a table is asked for: a relation of another plugin, or the name of an own table. */
export type TableName = string | Relation

/** Offers a table in a contract, with the names of columns: `relations: { unit: relation('acme_unit', 'id name number') }`. */
export function relation(table: string, columns: string): Relation {
  return Object.freeze({
    owner: '',
    name: '',
    table,
    columns: Object.freeze(columns.trim().split(/\s+/)),
    toString: () => table
  })
}

/** The only thing one plugin may import from another. */
export interface Contract<
  N extends string = string,
  S extends object = object,
  E extends EventSchemas = EventSchemas,
  H extends HookTypes = HookTypes,
  L extends SlotTable = SlotTable,
  R extends Record<string, Relation> = Record<string, Relation>
> {
  readonly name: N
  /** Raised when something is taken away or changes its meaning. */
  readonly version: number
  readonly services: Phantom<S>
  readonly events: E
  readonly hooks: readonly string[] & Phantom<H>
  readonly slots: L
  readonly relations: R
}

/** Names the hooks of a contract and says their types: `hooks<{ 'user-saved': (tx, user: User) => Promise<void> }>('user-saved')`. */
export function hooks<H extends HookTypes>(...names: (keyof H & string)[]): readonly string[] & Phantom<H> {
  return Object.freeze(names)
}

/** Declares what a plugin offers: services, events, hooks, slots and relations. Data only, no behaviour. */
export function defineContract<
  const N extends string,
  S extends object = object,
  E extends EventSchemas = Record<never, TSchema>,
  H extends HookTypes = Record<never, never>,
  const L extends SlotTable = Record<never, never>,
  R extends Record<string, Relation> = Record<never, never>
>(contract: {
  name: N
  version: number
  services?: Phantom<S>
  events?: E
  hooks?: readonly string[] & Phantom<H>
  slots?: L
  relations?: R
}): Contract<N, S, E, H, L, R> {
  const relations: Record<string, Relation> = {}
  for (const [name, offered] of Object.entries(contract.relations ?? {}))
    relations[name] = Object.freeze({ ...offered, owner: contract.name, name })
  return Object.freeze({ services: {}, events: {} as E, hooks: [], slots: {} as L, ...contract, relations: relations as R })
}

export type ServicesOf<C> = C extends Contract<string, infer S, EventSchemas, HookTypes, SlotTable> ? S : never
export type EventsOf<C> = C extends Contract<string, object, infer E, HookTypes, SlotTable> ? E : never
export type HooksOf<C> = C extends Contract<string, object, EventSchemas, infer H, SlotTable> ? H : never
export type SlotsOf<C> = C extends Contract<string, object, EventSchemas, HookTypes, infer L> ? L : never

export type TxOfHook<F> = F extends (tx: infer T, payload: never) => Promise<unknown> ? T : never
type PayloadOfHook<F> = F extends (tx: Tx, payload: infer P) => Promise<unknown> ? P : never
type AnswerOfHook<F> = F extends (tx: Tx, payload: never) => Promise<infer R> ? R : never

/** How the owner asks: every enabled subscriber in dependency order, in the owner's transaction; their answers in that order. */
export type HookCalls<C> = {
  readonly [K in keyof HooksOf<C>]: (
    tx: TxOfHook<HooksOf<C>[K]>,
    payload: PayloadOfHook<HooksOf<C>[K]>
  ) => Promise<AnswerOfHook<HooksOf<C>[K]>[]>
}

/** The SQL expression of every field of every slot, the owner's constant where no plugin fills it. */
export type SlotExpressions<C> = { readonly [K in keyof SlotsOf<C>]: { readonly [F in keyof SlotsOf<C>[K]['fields']]: string } }

export type EventPayload<C, K> = K extends keyof EventsOf<C> ? Static<EventsOf<C>[K]> : never
