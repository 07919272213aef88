import { defineContract } from 'care-kernel'
import { Type } from 'typebox'

/** What other plugins may know of the blood bank. */
export const bloodBank = defineContract({
  name: 'blood-bank',
  version: 1,
  events: { 'stock-low': Type.Object({ facilityId: Type.Integer(), group: Type.String(), units: Type.Integer() }) }
})
