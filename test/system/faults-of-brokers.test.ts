import { playShort } from './faults-short.ts'

playShort(['broker killed', 'broker away', 'broker replaced'])
