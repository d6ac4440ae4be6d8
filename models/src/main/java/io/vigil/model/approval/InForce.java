package io.vigil.model.approval;

import java.util.Map;
import java.util.Set;

/**
 * What decides at the time of the judgement, where the request would change it.
 *
 * @param digests the champions' digests by kind, 64 lower-case hex digits; of a feature spec its
 *     fingerprint, as in plans; for {@link Kind#LIST} that of the list which the request names; a
 *     kind without a champion is absent
 * @param wasInForce digests of the request's kind that were champion before, by a full approval: an
 *     artefact that a person put in force by breaking the glass is not among them
 */
public record InForce(Map<Kind, String> digests, Set<String> wasInForce) {
  public InForce {
    digests = Map.copyOf(digests);
    wasInForce = Set.copyOf(wasInForce);
  }
}
