import { defineContract } from 'care-kernel'

export { placesDecided } from './places-decided.ts'
export { districtObject, localBodyObject, stateObject, wardObject } from './shapes.ts'

/** States, districts, local bodies and wards: what everything else lies in. */
export const places = defineContract({ name: 'places', version: 1 })
