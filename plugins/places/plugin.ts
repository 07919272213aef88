import { definePlugin } from 'care-kernel'
import { predicate } from 'care-kernel/access'
import { invalidateResponses } from 'care-kernel/rest'
import { commands } from './commands.ts'
import { places } from './contract.ts'
import { demo } from './demo.ts'
import { District, LocalBody, State, Ward } from './models.ts'
import { PlaceNames } from './place-names.ts'
import { routes } from './routes.ts'

export default definePlugin({
  contract: places,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'States, districts, local bodies and wards',
  ports: ['database', 'cache'],
  models: [State, District, LocalBody, Ward],
  migrations: new URL('../../migrations/places/', import.meta.url),
  services: { placeNames: PlaceNames },
  permissions: { rules: { 'place.read': { summary: 'Read places', allow: predicate('authenticated', () => true) } } },
  routes,
  commands,
  demo,
  afterLoad: ({ cache }) => invalidateResponses(cache, 'places')
})
