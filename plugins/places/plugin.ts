import { definePlugin } from 'care-kernel'
import { predicate } from 'care-kernel/access'
import { invalidateResponses } from 'care-kernel/rest'
import { commands } from './commands.ts'
import { demo } from './demo.ts'
import { manifest } from './manifest.ts'
import { District, LocalBody, State, Ward } from './models.ts'
import { routes } from './routes.ts'
import { services } from './services.ts'

export default definePlugin({
  ...manifest,
  models: [State, District, LocalBody, Ward],
  migrations: new URL('../../migrations/places/', import.meta.url),
  services,
  permissions: { rules: { 'place.read': { summary: 'Read places', allow: predicate('authenticated', () => true) } } },
  routes,
  commands,
  demo,
  afterLoad: ({ cache }) => invalidateResponses(cache, 'places')
})
