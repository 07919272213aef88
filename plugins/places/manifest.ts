import { defineManifest } from 'care-kernel'
import { places } from './contract.ts'

export const manifest = defineManifest({
  contract: places,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'States, districts, local bodies and wards',
  ports: ['database', 'cache']
})
