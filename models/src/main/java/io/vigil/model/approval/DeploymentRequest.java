package io.vigil.model.approval;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request on the control topic asks for. Holds whatever the topic brings: {@link Judge} says
 * what is wrong with it.
 *
 * @param id of the request; signed, so that a signature is worth nothing under another id
 * @param kind of the artefact
 * @param alias the part that it shall play
 * @param name of the artefact
 * @param version of the artefact
 * @param digest of the artefact, SHA-256, 64 lower-case hex digits; a bundle's is that of its
 *     manifest
 * @param shareBasisPoints of a challenger, 0 (ends it) to 10,000; of a shadow 10,000, or 0 to end
 *     it; of a champion 0
 * @param plan the bytes of the plan file, not copied, must not be changed; null without one
 * @param effectiveAtMs from when it shall decide, milliseconds since the epoch; a time that has
 *     passed, such as 0, means as soon as it is answered
 * @param signatures author's and approver's, in any order
 * @param breakGlass whether one person asks for it in an emergency, for a few hours
 * @param backfill whether it shall take effect only once the history of the features that it
 *     brings, read from the archive, is whole
 */
public record DeploymentRequest(
    String id,
    Kind kind,
    Alias alias,
    String name,
    String version,
    String digest,
    int shareBasisPoints,
    long effectiveAtMs,
    byte @Nullable [] plan,
    List<Approval> signatures,
    boolean breakGlass,
    boolean backfill) {

  // Not the short form, whose array parameter NullAway takes for one that is never null.
  public DeploymentRequest(
      String id,
      Kind kind,
      Alias alias,
      String name,
      String version,
      String digest,
      int shareBasisPoints,
      long effectiveAtMs,
      byte @Nullable [] plan,
      List<Approval> signatures,
      boolean breakGlass,
      boolean backfill) {
    this.id = id;
    this.kind = kind;
    this.alias = alias;
    this.name = name;
    this.version = version;
    this.digest = digest;
    this.shareBasisPoints = shareBasisPoints;
    this.effectiveAtMs = effectiveAtMs;
    this.plan = plan;
    this.signatures = List.copyOf(signatures);
    this.breakGlass = breakGlass;
    this.backfill = backfill;
  }

  /** Whether it ends what plays its part, and puts nothing in its place. */
  boolean ends() {
    return alias != Alias.CHAMPION && shareBasisPoints == 0;
  }

  /** Whether it can bring features, whose history could be read. */
  boolean mayBackfill() {
    return kind == Kind.MODEL && !ends();
  }
}
