import type { Actor, Queryable } from 'care-kernel'
import { predicate, rowCondition, type Predicate, type RowAccess } from 'care-kernel/access'
import { phoneField } from 'care-kernel/care'
import { Params } from 'care-kernel/data'
import { cell, filter, field, out, type Filter, type Output, type Shape } from 'care-kernel/rest'
import { hasFacility, USER, userBaseMinimum, type FacilityLike } from 'care-kernel/contracts/auth-permissions'
import { facilityLike } from './policy.ts'
import { requestAccess, type RequestAccess } from './row-access.ts'

/**
 * The part of a facility in a request for a transfer (of a patient, of oxygen): the request starts at the origin, the approving facility
 * decides, the assigned one provides (docs/api/shifting-resources.md §1.1). Plugins declare kinds of requests; this file holds what all kinds have in
 * common (docs/api/shifting-resources.md §3, §9).
 */
type Role = 'origin' | 'approving' | 'assigned'

/** The facilities of a request by role, for rules; null where there is none. */
export type FacilitiesOfRequest = Readonly<Record<Role, FacilityLike | null>>

/** `perm(F)` (docs/api/shifting-resources.md §1.1): false without a facility, for superusers too. */
export const actsFor = (role: Role): Predicate<FacilitiesOfRequest> =>
  predicate(`${role} facility: ${hasFacility.name}`, (actor, request) => {
    const facility = request[role]
    return facility !== null && hasFacility.test(actor, facility)
  })

/** The request has no facility in this role. */
export const lacks = (role: Role): Predicate<FacilitiesOfRequest> =>
  predicate(`no ${role} facility`, (actor, request) => request[role] === null)

/** The facilities that are party to a request, in outputs, filters and rules; `r` is the request's row. */
export interface RequestParties {
  /** `x_facility` and `x_facility_object`, each facility shown as `object`. */
  outputs(object: Shape): Readonly<Record<string, Output>>
  /** Each facility shown as `object` only. */
  objects(object: Shape): Readonly<Record<string, Output>>
  /** One filter per facility, and `facility` for any of them (docs/api/shifting-resources.md §3.2, FIX). */
  readonly filters: Readonly<Record<string, Filter>>
  /** SQL columns of `FacilitiesOfRequest`. */
  readonly columns: string
  /** SQL of the name of each facility, for tables. */
  readonly names: Readonly<Record<Role, string>>
  /** Whether an actor sees a request of a facility: the hook `concern-asked` for this kind of request. `access` comes from `rowAccess`. */
  concerns(
    access: RowAccess
  ): (db: Queryable, payload: { readonly facilityId: number; readonly actor: Actor }) => Promise<boolean>
  /** Row access: requests of which a facility lies in the actor's place, or of which one of the actor's facilities has a role. */
  rowAccess(declared: RequestAccess): RowAccess
}

/** The parties of requests in `table`, by the names of their fields in the API; the columns are those with `_id`. */
export function requestParties(table: string, roles: Readonly<Record<Role, string>>): RequestParties {
  const named = Object.values(roles)
  const columns = named.map(name => `r.${name}_id`)
  const facility = (name: string) => `from facility_facility f where f.id = r.${name}_id`
  const byRole = (make: (name: string) => string) => ({
    origin: make(roles.origin),
    approving: make(roles.approving),
    assigned: make(roles.assigned)
  })
  const object = (shown: Shape) =>
    Object.fromEntries(named.map(name => [`${name}_object`, out.object(shown, facility(name))] as const))

  return {
    outputs: shown => ({
      ...Object.fromEntries(named.map(name => [name, out.uuid(`(select f.external_id ${facility(name)})`)])),
      ...object(shown)
    }),
    objects: object,
    filters: {
      ...Object.fromEntries(named.map((name, index) => [name, filter.externalId('facility_facility', columns[index] ?? name)])),
      facility: filter.externalId('facility_facility', ...columns)
    },
    columns: Object.entries(roles)
      .map(([role, name]) => `${facilityLike(`r.${name}_id`)} as ${role}`)
      .join(', '),
    concerns:
      access =>
      async (db, { facilityId, actor }) => {
        const params = new Params([facilityId])
        const seen = rowCondition(access, actor, params)
        const { rows } = await db.query(
          `select from ${table} r where $1 in (${columns.join(', ')}) and not r.deleted and ${seen} limit 1`,
          params.values
        )
        return rows.length > 0
      },
    names: byRole(name => `(select f.name ${facility(name)})`),
    rowAccess: declared => requestAccess(roles, declared)
  }
}

/** Users of a request: assignee, creator, last editor. */
const PEOPLE = ['assigned_to', 'created_by', 'last_edited_by'] as const

/** `assigned_to`, `assigned_to_object` … of the request `r`. */
const peopleOutputs: Readonly<Record<string, Output>> = Object.fromEntries(
  PEOPLE.flatMap(name => [
    [name, out.integer(`r.${name}_id`)],
    [`${name}_object`, out.object(userBaseMinimum, `from ${USER} u where u.id = r.${name}_id`)]
  ])
)

const peopleFilters: Readonly<Record<string, Filter>> = Object.fromEntries(
  PEOPLE.map(name => [name, filter.number(`r.${name}_id`)])
)

/** Filters of every kind of request. */
export const requestFilters: Readonly<Record<string, Filter>> = {
  emergency: filter.bool('r.emergency'),
  created_date: filter.dateRange('r.created_date'),
  modified_date: filter.dateRange('r.modified_date'),
  ...peopleFilters
}

/** Inputs of every kind of request (docs/api/shifting-resources.md §4.2, §9.4). */
export const requestInputs = {
  reason: field.text({ optional: true, blank: true }),
  refering_facility_contact_name: field.text({ optional: true, blank: true }),
  refering_facility_contact_number: phoneField({ types: ['mobile', 'landline'], optional: true, blank: true }),
  emergency: field.boolean({ optional: true }),
  is_assigned_to_user: field.boolean({ optional: true }),
  assigned_to: field.reference(USER, { optional: true, null: true, source: 'assigned_to_id' })
} as const

/** Outputs of every kind of request, besides its facilities. */
export const requestOutputs: Readonly<Record<string, Output>> = {
  created_date: out.datetime('r.created_date'),
  modified_date: out.datetime('r.modified_date'),
  emergency: out.boolean('r.emergency'),
  reason: out.text('r.reason'),
  refering_facility_contact_name: out.text('r.refering_facility_contact_name'),
  refering_facility_contact_number: out.text('r.refering_facility_contact_number'),
  is_assigned_to_user: out.boolean('r.is_assigned_to_user'),
  ...peopleOutputs
}

/** The first columns of every CSV of requests. */
export const requestDates = {
  'Created Date': cell.datetime('r.created_date'),
  'Modified Date': cell.datetime('r.modified_date')
} as const
