import { defineManifest } from 'care-kernel'
import { authPermissions } from 'care-kernel/contracts/auth-permissions'
import { CAPACITY, facilities, FACILITY } from 'care-kernel/contracts/facilities'
import { PATIENT, PATIENT_STATS, patients } from 'care-kernel/contracts/patients'
import { DISTRICT, LOCAL_BODY, places } from 'care-kernel/contracts/places'
import { Type } from 'typebox'
import { summaries } from './contract.ts'
import { KIND_NAMES } from './kinds.ts'
import { Settings } from './settings.ts'

export const manifest = defineManifest({
  contract: summaries,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Capacity, patients, tests and triage of facilities and districts by day, for dashboards',
  requires: [places, authPermissions, facilities, patients],
  reads: [CAPACITY, DISTRICT, FACILITY, LOCAL_BODY, PATIENT, PATIENT_STATS],
  ports: ['cache', 'database'],
  config: Settings,
  payloads: { write: Type.Object({ kind: Type.Union(KIND_NAMES.map(name => Type.Literal(name))) }) }
})
