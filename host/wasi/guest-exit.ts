// What an import throws to leave a guest: never seen by a user, caught by whoever called the guest.

/** Unwinds the guest's stack. How it ended is in the control block. */
export class GuestExit extends Error {
  override readonly name = 'GuestExit';
}
