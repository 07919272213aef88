/**
 * What a gateway rejects with when the other side refuses this message for good: an address that does not exist, a number that
 * opted out. Trying again is of no use, so a job that fails with it is parked at once. The text holds no personal data.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}
