import { not, type Rule } from 'care-kernel/access'
import { anyActor, hasFacility, readOnly } from 'care-kernel/contracts/auth-permissions'

/** Rules of requests for resources (docs/api/shifting-resources.md §9.2); read-only types do not comment (FIX), and one asks for facilities of one's own (§9.4, FIX). */
export const resourceRules = {
  'resource.read': { summary: 'See requests for resources', allow: anyActor },
  'resource.create': { summary: 'Ask for resources', allow: not(readOnly), object: hasFacility },
  'resource.update': { summary: 'Change a request for resources', allow: not(readOnly) },
  'resource.comment': { summary: 'Comment on a request for resources', allow: not(readOnly) }
} as const satisfies Readonly<Record<string, Rule>>
