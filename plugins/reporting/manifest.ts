import { defineManifest, type ScopeOf } from 'care-kernel'
import { Type } from 'typebox'
import { reporting } from './contract.ts'
import { Settings } from './settings.ts'

export const manifest = defineManifest({
  contract: reporting,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Masked views of every table, for Metabase, Superset and the like',
  ports: ['database'],
  config: Settings,
  payloads: { 'refresh-groups': Type.Object({}) }
})

export type ReportingScope = ScopeOf<typeof manifest>
