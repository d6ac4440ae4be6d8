package io.vigil.console.ingest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vigil.console.cases.CaseEvents;
import io.vigil.console.cases.CaseStore;
import io.vigil.console.store.Columns;
import io.vigil.console.store.Database;
import io.vigil.schema.Action;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers actions of the topic to another system by HTTP, until it says 2xx: then the action goes
 * to the topic once more, acknowledged. A delivery may be repeated; its {@code Idempotency-Key} is
 * the action's id. What fails waits twice as long each time, up to ten minutes.
 */
public final class Webhook implements Runnable, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Webhook.class);
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final long IDLE_MS = 200;
  private static final long END_MS = 12_000;
  private static final int MOST_DOUBLINGS = 10;
  private static final long LONGEST_S = 600;
  private static final int ERROR = 300;

  private final Database database;
  private final URI target;
  private final byte @Nullable [] key;
  private final Clock clock;
  private final Codec<Action> codec = Codec.of(Action.class);
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(ANSWER).build();
  private final Thread thread = new Thread(this, "webhook");
  private volatile boolean closed;

  private record Due(String actionId, byte[] record, int attempts) {}

  /**
   * Starts to deliver.
   *
   * @param key signs each body: header {@code X-Vigil-Signature}, HMAC-SHA-256 in hex; null for
   *     none
   */
  public static Webhook start(Database database, URI target, byte @Nullable [] key, Clock clock) {
    Webhook webhook = new Webhook(database, target, key, clock);
    webhook.thread.start();
    return webhook;
  }

  private Webhook(Database database, URI target, byte @Nullable [] key, Clock clock) {
    this.database = database;
    this.target = target;
    this.key = key;
    this.clock = clock;
  }

  @Override
  public void run() {
    while (!closed) {
      boolean worked = false;
      try {
        worked = database.inTransaction(this::deliverOne);
      } catch (RuntimeException e) {
        if (!closed) {
          LOG.warn("delivering an action failed, trying again", e);
        }
      }
      if (!worked) {
        try {
          Thread.sleep(IDLE_MS);
        } catch (InterruptedException e) {
          return;
        }
      }
    }
  }

  /** The row stays locked meanwhile, so that a second console does not deliver it too. */
  private boolean deliverOne(Handle handle) {
    List<Due> due =
        handle
            .createQuery(
                """
                select action_id, record, attempts from action
                where acknowledged_at is null and next_attempt_at <= :now
                order by next_attempt_at limit 1 for update skip locked
                """)
            .bind("now", Columns.at(clock.instant()))
            .map(
                (row, context) ->
                    new Due(
                        row.getString("action_id"), row.getBytes("record"), row.getInt("attempts")))
            .list();
    if (due.isEmpty()) {
      return false;
    }
    Due each = due.get(0);
    Action action;
    try {
      action = codec.decode(each.record());
    } catch (DecodeException e) {
      throw new IllegalStateException("an action of the database cannot be read", e);
    }
    String error = send(action);
    Instant now = clock.instant();
    if (error == null) {
      action.setAcknowledgedAt(now.toEpochMilli());
      handle
          .createUpdate("insert into outbox (topic, key, value) values ('actions', :key, :value)")
          .bind("key", action.getAccount().getBytes(StandardCharsets.UTF_8))
          .bind("value", codec.encode(action))
          .execute();
    }
    long waitS = Math.min(LONGEST_S, 1L << Math.min(each.attempts(), MOST_DOUBLINGS));
    handle
        .createQuery(
            """
            with done as (
              update action set attempts = attempts + 1, error = :error,
                acknowledged_at = :acknowledged, next_attempt_at = :next
              where action_id = :id returning case_id)
            select pg_notify(:channel, 'case ' || case_id || ' 0')::text
            from done where case_id is not null
            """)
        .bind("error", error)
        .bind("acknowledged", error == null ? Columns.at(now) : null)
        .bind("next", Columns.at(now.plusSeconds(waitS)))
        .bind("id", each.actionId())
        .bind("channel", CaseStore.CHANNEL)
        .mapTo(String.class)
        .list();
    return true;
  }

  /** Null when it was taken, else why not. */
  private @Nullable String send(Action action) {
    ObjectNode body = CaseEvents.JSON.createObjectNode();
    body.put("action_id", action.getActionId());
    body.put("kind", action.getKind().name());
    body.put("account", action.getAccount());
    body.put("transaction_id", action.getTransactionId());
    body.put("case_id", action.getCaseId());
    body.put("requested_by", action.getRequestedBy());
    body.put("requested_at", Instant.ofEpochMilli(action.getRequestedAt()).toString());
    String text = body.toString();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(target)
            .timeout(ANSWER)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", action.getActionId())
            .POST(HttpRequest.BodyPublishers.ofString(text));
    if (key != null) {
      request.header("X-Vigil-Signature", sign(text, key));
    }
    try {
      int status = http.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode();
      return status / 100 == 2 ? null : "expected HTTP 2xx, got " + status;
    } catch (IOException e) {
      String message = Columns.clean(e.toString());
      return message.length() > ERROR ? message.substring(0, ERROR) : message;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  private static String sign(String text, byte[] key) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HMAC-SHA-256", e);
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(END_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
