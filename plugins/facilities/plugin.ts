import { definePlugin } from 'care-kernel'
import { authPermissions, USER } from 'care-kernel/contracts/auth-permissions'
import { DISTRICT, LOCAL_BODY, places, STATE, WARD } from 'care-kernel/contracts/places'
import { capacityRoutes } from './capacity.ts'
import { commands } from './commands.ts'
import { facilities } from './contract.ts'
import { demo } from './demo.ts'
import { doctorRoutes } from './doctors.ts'
import { FacilityService } from './facilities.ts'
import { facilityRoutes } from './facility-routes.ts'
import { facilitiesNamed, fillings, middlewareAddress } from './fillings.ts'
import { addMemberships, memberRoutes } from './members.ts'
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
import { Settings } from './settings.ts'
import { spokeRoutes } from './spokes.ts'

export default definePlugin({
  contract: facilities,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Facilities, their beds and doctors, who works there, hubs and spokes',
  requires: [places, authPermissions],
  reads: [DISTRICT, LOCAL_BODY, STATE, USER, WARD],
  ports: ['database'],
  config: Settings,
  models: [Facility, FacilityUser, FacilityHubSpoke, HospitalDoctors, FacilityCapacity, HistoricalFacilityCapacity, FacilityFlag],
  migrations: new URL('../../migrations/facilities/', import.meta.url),
  services: { facilities: FacilityService },
  permissions: { rules: facilityRules, rowAccess: facilityRowAccess },
  fills: fillings,
  hooks: {
    'auth-permissions/facilities-named': facilitiesNamed,
    'auth-permissions/middleware-address': middlewareAddress,
    'auth-permissions/user-added': addMemberships
  },
  routes(app, scope) {
    facilityRoutes(app, scope)
    capacityRoutes(app, scope)
    doctorRoutes(app, scope)
    spokeRoutes(app, scope)
    memberRoutes(app, scope)
  },
  commands,
  demo
})
