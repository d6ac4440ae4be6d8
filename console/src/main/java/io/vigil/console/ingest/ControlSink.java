package io.vigil.console.ingest;

import static io.vigil.console.store.Columns.clean;

import io.vigil.console.store.Columns;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.Tick;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import io.vigil.schema.codec.SingleObject;
import java.time.Instant;
import java.util.List;

/** What emergencies put in force, and who has looked at it since: all that analysts need of it. */
final class ControlSink implements TopicSink {
  private final Codec<Deployment> codec = Codec.of(Deployment.class);
  private final Codec<Tick> ticks = Codec.of(Tick.class);

  @Override
  public List<Store> read(byte[] value) throws DecodeException {
    if (ticks.reads(SingleObject.fingerprint(value))) {
      return List.of();
    }
    Deployment answer = codec.decode(value);
    String requestId = answer.getRequestId();
    if (answer.getStatus() != DeploymentStatus.ACTIVATED || requestId == null) {
      return List.of();
    }
    String reviews = answer.getReviews();
    if (reviews != null) {
      return List.of(
          handle ->
              handle
                  .createUpdate(
                      "update broken_glass set reviewed_by = :persons where request_id = :request")
                  .bindArray("persons", String.class, persons(answer))
                  .bind("request", clean(reviews))
                  .execute());
    }
    if (!answer.getBreakGlass()) {
      return List.of();
    }
    Long endsAt = answer.getEndsAt();
    return List.of(
        handle ->
            handle
                .createUpdate(
                    """
                    insert into broken_glass
                      (request_id, kind, name, version, alias, persons, ends_at)
                    values (:request, :kind, :name, :version, :alias, :persons, :ends)
                    on conflict do nothing
                    """)
                .bind("request", clean(requestId))
                .bind("kind", answer.getKind().name())
                .bind("name", clean(answer.getName()))
                .bind("version", clean(answer.getVersion()))
                .bind("alias", answer.getAlias().name())
                .bindArray("persons", String.class, persons(answer))
                .bind("ends", endsAt == null ? null : Columns.at(Instant.ofEpochMilli(endsAt)))
                .execute());
  }

  private static List<String> persons(Deployment answer) {
    return answer.getPersons().stream().map(Columns::clean).toList();
  }
}
