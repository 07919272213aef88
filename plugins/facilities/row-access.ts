import { inContext, pickCases, rowAccess, type RowAccess } from 'care-kernel/access'
import { Disjunction, type Params } from 'care-kernel/data'
import {
  allOf,
  atLeast,
  casesByPlace,
  anyActor,
  facilityAccess,
  RANK,
  type Aliased
} from 'care-kernel/contracts/auth-permissions'

/** Facilities of a new user that its creator may give (docs/api/auth-users.md §3.5). */
const linkableFacilityAccess = rowAccess({
  name: 'facility.link',
  summary: 'Facilities whose members an actor may name for a new user',
  cases: {
    ...pickCases(facilityAccess, 'all', 'own state', 'own district'),
    'own local body': {
      when: atLeast(RANK.localBodyAdmin),
      rows: "facilities in the actor's local body",
      sql: ({ localBodyId: id }, params, { alias }: Aliased) =>
        id === null ? 'false' : `${alias}.local_body_id = ${params.add(id)}`
    },
    ...pickCases(facilityAccess, 'own facilities')
  }
})

export const linkableFacilities: RowAccess = inContext(linkableFacilityAccess, { alias: 'f' })

/** The row access that this plugin declares. */
export const facilityRowAccess = [linkableFacilityAccess] as const

/** Row access to one kind of requests between facilities. */
export interface RequestAccess {
  /** Of the row access: `shift`. */
  readonly name: string
  readonly summary: string
  /** Condition without alias on which the assigned facility sees a request; always where it is left out. */
  readonly assignedIf?: string
  /** Further requests that the facilities of an SQL array see: a query for their ids, and what they are in words. */
  readonly also?: { readonly rows: string; readonly ids: (facilities: string) => string }
}

/** The names of the facilities of a request `r`; their columns are those with `_id`. */
type Names = Readonly<Record<'origin' | 'approving' | 'assigned', string>>

/** Requests of which a facility lies in the actor's place, or of which one of the actor's facilities has a role, and what `also` adds (docs/api/shifting-resources.md §3.1, §9.2). */
export function requestAccess(names: Names, { name, summary, assignedIf, also }: RequestAccess): RowAccess {
  const columns = Object.values(names).map(of => `r.${of}_id`)
  const touching = (place: 'state_id' | 'district_id') => (id: number, params: Params) => {
    const there = `(select f.id from facility_facility f where f.${place} = ${params.add(id)})`
    return `(${columns.map(column => `${column} in ${there}`).join(' or ')})`
  }
  const byFacility =
    (of: string, only = '') =>
    (facility: string) =>
      `r.${of}_id = ${facility}${only}`
  const roles = [
    byFacility(names.origin),
    byFacility(names.approving),
    byFacility(names.assigned, assignedIf ? ` and r.${assignedIf}` : '')
  ]
  return rowAccess({
    name,
    summary,
    cases: {
      all: allOf('requests'),
      ...casesByPlace({
        rows: 'requests of which a facility is',
        state: touching('state_id'),
        district: touching('district_id')
      }),
      'own facilities': {
        when: anyActor,
        rows: `requests of the actor's facilities: origin, approving, assigned${assignedIf ? ` if ${assignedIf}` : ''}${also ? `; ${also.rows}` : ''}`,
        sql({ facilityIds }, params) {
          const own = params.add(facilityIds, 'bigint[]')
          const seen = roles.map(role => `(${role(`any(${own})`)})`)
          // Each branch excludes the rows of the branches before it.
          const excluded = (at: number) =>
            seen
              .slice(0, at)
              .map(role => ` and ${role} is not true`)
              .join('')
          return new Disjunction(
            ...roles.map((role, at) => ({
              where: `(${seen[at] ?? ''}${excluded(at)})`,
              each: { of: `unnest(${own}) m(id)`, where: `${role('m.id')}${excluded(at)}` }
            })),
            // The array makes the planner look up the ids first and then the rows by key; it would plan a semi-join as if all rows matched.
            ...(also ? [{ where: `(r.id = any(array(${also.ids(own)}))${excluded(roles.length)})` }] : [])
          )
        }
      }
    }
  })
}
