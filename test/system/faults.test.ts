import { playShort } from './faults-short.ts'

playShort([
  'workers killed at random',
  'crash between commit and publication',
  'schedulers killed and frozen',
  'worker frozen',
  'stop under load',
  'migrators killed'
])
