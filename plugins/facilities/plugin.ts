import { definePlugin } from 'care-kernel'
import { commands } from './commands.ts'
import { demo } from './demo/index.ts'
import { addMemberships, facilitiesNamed, middlewareAddress } from './hooks.ts'
import { manifest } from './manifest.ts'
import {
  Facility,
  FacilityCapacity,
  FacilityFlag,
  FacilityHubSpoke,
  FacilityUser,
  HistoricalFacilityCapacity,
  HospitalDoctors
} from './models.ts'
import { facilityRules } from './policy.ts'
import { facilityRowAccess } from './row-access.ts'
import { routes } from './routes/index.ts'
import { services } from './services.ts'
import { fills } from './slots.ts'

export default definePlugin({
  ...manifest,
  models: [Facility, FacilityUser, FacilityHubSpoke, HospitalDoctors, FacilityCapacity, HistoricalFacilityCapacity, FacilityFlag],
  migrations: new URL('../../migrations/facilities/', import.meta.url),
  services,
  permissions: { rules: facilityRules, rowAccess: facilityRowAccess },
  fills,
  hooks: {
    'auth-permissions/facilities-named': facilitiesNamed,
    'auth-permissions/middleware-address': middlewareAddress,
    'auth-permissions/user-added': addMemberships
  },
  routes,
  commands,
  demo
})
