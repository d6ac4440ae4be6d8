package io.vigil.model.approval;

import org.jspecify.annotations.Nullable;

/**
 * Says whether a request may be put in force. A pure function of the keyring, the request, what is
 * in force, and the effective time. Immutable and thread-safe.
 */
public final class Judge {
  /** How long a broken glass lasts. */
  public static final long BREAK_GLASS_MS = 4 * 3_600_000L;

  private final Keyring keyring;

  public Judge(Keyring keyring) {
    this.keyring = keyring;
  }

  /**
   * Judges a request.
   *
   * @param effectiveTimeMs of the request, milliseconds since the epoch: what expires is held
   *     against it, never against a wall clock
   * @return null when it may be put in force, with {@link DeploymentRequest#breakGlass()} until
   *     {@link #breakGlassEndMs} and no longer
   */
  public @Nullable Refusal judge(DeploymentRequest request, InForce inForce, long effectiveTimeMs) {
    return new Refusal("not_judged", "nothing is approved yet by keyring " + keyring.digest());
  }

  /**
   * When what came by breaking the glass must give way to what was in force before.
   *
   * @param effectiveTimeMs from when it decides, milliseconds since the epoch
   */
  public static long breakGlassEndMs(long effectiveTimeMs) {
    return effectiveTimeMs + BREAK_GLASS_MS;
  }
}
