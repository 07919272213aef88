import type { Tx } from 'care-kernel'
import type { PlacesScope } from './services.ts'

/** An invented state, so that demo data cannot be mistaken for a real place. */
export const DEMO_STATE = 'Malayoram'
export const DEMO_DISTRICTS = ['Puzhakkara', 'Kunnumpuram'] as const
const LOCAL_BODIES: readonly (readonly [string, string])[] = [
  ['Thekkumkara', 'M010100'],
  ['Vadakkemala', 'G010200'],
  ['Kizhakkethode', 'G010300'],
  ['Pattanam', 'C010400']
]
const WARDS = ['Market', 'Temple Road', 'Riverside', 'Hill Top'] as const

/** The demo district: one state, two districts, four local bodies each, four wards each. */
export async function demo(tx: Tx, { placeNames }: Pick<PlacesScope, 'placeNames'>): Promise<void> {
  const state = await placeNames.state(tx, DEMO_STATE)
  for (const [at, districtName] of DEMO_DISTRICTS.entries()) {
    const district = await placeNames.district(tx, state, districtName)
    for (const [name, code] of LOCAL_BODIES) {
      const localBody = await placeNames.localBody(tx, district, at === 0 ? name : `${name} ${districtName}`, code)
      for (const [index, ward] of WARDS.entries()) await placeNames.ward(tx, localBody, ward, index + 1)
    }
  }
}
