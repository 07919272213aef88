import type { FastifyInstance } from 'fastify'
import type { FacilityScope } from '../services.ts'
import { capacityRoutes } from './capacity.ts'
import { doctorRoutes } from './doctors.ts'
import { facilityRoutes } from './facilities.ts'
import { memberRoutes } from './members.ts'
import { spokeRoutes } from './spokes.ts'

export function routes(app: FastifyInstance, scope: FacilityScope): void {
  facilityRoutes(app, scope)
  capacityRoutes(app, scope)
  doctorRoutes(app, scope)
  spokeRoutes(app, scope)
  memberRoutes(app, scope)
}
