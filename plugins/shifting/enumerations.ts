import type { Labels } from 'care-kernel/rest'

/** `docs/api/shifting-resources.md §2`. */
export const VEHICLES: Labels = {
  10: 'D Level Ambulance',
  20: 'All double chambered Ambulance with EMT',
  30: 'Ambulance without EMT',
  40: 'Car',
  50: 'Auto-rickshaw'
}

/** `docs/api/shifting-resources.md §2`. */
export const BREATHLESSNESS: Labels = { 10: 'NOT SPECIFIED', 15: 'NOT BREATHLESS', 20: 'MILD', 30: 'MODERATE', 40: 'SEVERE' }
