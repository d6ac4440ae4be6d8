package io.vigil.model.approval;

import java.security.PublicKey;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * A key of a person.
 *
 * @param id see {@link SigningKeys#id}
 * @param expires from the beginning of this day in UTC it signs nothing any more
 * @param revoked it signs nothing, whenever it expires
 */
public record EnrolledKey(String id, PublicKey publicKey, LocalDate expires, boolean revoked) {

  /** Whether it has expired. */
  boolean expiredAt(long timeMs) {
    return timeMs >= expires.atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
  }
}
