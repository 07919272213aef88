import { not, type Predicate, type Rule } from 'care-kernel/access'
import { anyActor, hasFacility, readOnly } from 'care-kernel/contracts/auth-permissions'
import { actsFor, type FacilitiesOfRequest } from 'care-kernel/toolkits/facilities'

/**
 * Rules of requests for resources (`docs/api/shifting-resources.md §9.2`). Read-only types do not comment (FIX); a request is made for a facility that
 * the actor belongs to or administers (§9.4, FIX).
 */
export const resourceRules = {
  'resource.read': { summary: 'See requests for resources', allow: anyActor },
  'resource.create': { summary: 'Create requests for resources', allow: not(readOnly), object: hasFacility },
  'resource.update': { summary: 'Change requests for resources', allow: not(readOnly) },
  'resource.comment': { summary: 'Comment on requests for resources', allow: not(readOnly) }
} as const satisfies Readonly<Record<string, Rule>>

const approver = actsFor('approving')

/**
 * Who may set which status, by its number. The same rule holds for the status a request already has; the current status does not matter, and no status
 * is final (`docs/api/shifting-resources.md §9.5`).
 */
export const MAY_SET: Readonly<Record<number, Predicate<FacilitiesOfRequest>>> = {
  10: anyActor,
  15: approver,
  20: approver,
  30: approver,
  55: approver,
  70: approver,
  80: approver
}
