package io.vigil.console.access;

/**
 * Somebody who is signed in.
 *
 * @param token SHA-256 of the cookie's value: the value itself is nowhere but in the browser
 * @param csrf what every request that changes something must send in a header
 * @param oneTime signed in by a one-time password: may do nothing but choose a password
 * @param oidc signs in by single sign-on: has no password here
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record Session(
    byte[] token, String person, Role role, String csrf, boolean oneTime, boolean oidc) {

  /** Whether the person decides cases. */
  public boolean decides() {
    return role == Role.ANALYST || role == Role.LEAD;
  }
}
