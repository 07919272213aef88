import type { Contract, EventPayload, EventSchemas, HooksOf, HookTypes, ServicesOf, SlotTable } from './contract.ts'
import type { Handler } from './jobs.ts'

// The inference behind definePlugin: what a plugin declared decides what its functions get. Authors never write these names.

export type AnyContract = Contract<string, object, EventSchemas, HookTypes, SlotTable>

export type ServiceMap = Record<string, (new (scope: never) => object) | ((scope: never) => object)>
export type Instance<F> = F extends new (scope: never) => infer T ? T : F extends (scope: never) => infer T ? T : never
export type Needs<F> = F extends new (scope: infer D) => object ? D : F extends (scope: infer D) => object ? D : never
export type Own<S extends ServiceMap> = { readonly [K in keyof S]: Instance<S[K]> }
export type Satisfied<S extends ServiceMap, A> = {
  [K in keyof S]: A extends Needs<S[K]>
    ? S[K]
    : { 'service needs what the plugin did not declare': Exclude<keyof Needs<S[K]>, keyof A> }
}
export type Kept<C, S extends ServiceMap> =
  Own<S> extends ServicesOf<C>
    ? unknown
    : { 'contract promises a service that is not provided': Exclude<keyof ServicesOf<C>, keyof S> }

export type EventKey<D> = D extends Contract<infer N, object, infer E, HookTypes, SlotTable> ? `${N}/${keyof E & string}` : never
export type PayloadOf<Ds, K> = K extends `${infer N}/${infer E}`
  ? Extract<Ds, { name: N }> extends infer D
    ? EventPayload<D, E>
    : never
  : never
export type Subscriptions<Ds extends AnyContract, Sc> = { readonly [K in EventKey<Ds>]?: Handler<PayloadOf<Ds, K>, Sc> }

export type HookKey<D> =
  D extends Contract<infer N, object, EventSchemas, infer H, SlotTable> ? `${N}/${keyof H & string}` : never
export type HookOf<Ds, K> = K extends `${infer N}/${infer H}`
  ? HooksOf<Extract<Ds, { name: N }>> extends infer Hs
    ? H extends keyof Hs
      ? Hs[H]
      : never
    : never
  : never
export type HookHandler<F, Sc> = F extends (tx: infer T, payload: infer P) => infer R
  ? (tx: T, payload: P, scope: Sc) => R
  : never
export type HookHandlers<Ds extends AnyContract, Sc> = { readonly [K in HookKey<Ds>]?: HookHandler<HookOf<Ds, K>, Sc> }

export type SlotKey<D> =
  D extends Contract<infer N, object, EventSchemas, HookTypes, infer L> ? `${N}/${keyof L & string}` : never
export type SlotFields<Ds, K, Sc> = K extends `${infer N}/${infer L}`
  ? Extract<Ds, { name: N }> extends { slots: infer Ls }
    ? L extends keyof Ls
      ? Ls[L] extends { fields: infer F }
        ? { readonly [X in keyof F]?: string | ((scope: Sc) => string) }
        : never
      : never
    : never
  : never
export type Fillings<Ds extends AnyContract, Sc> = { readonly [K in SlotKey<Ds>]?: SlotFields<Ds, K, Sc> }
