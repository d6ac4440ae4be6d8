package io.vigil.console.cases;

import io.vigil.console.store.Columns;
import io.vigil.schema.Action;
import io.vigil.schema.ActionKind;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Label;
import io.vigil.schema.LabelSource;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/**
 * What a case says to the stream and to other systems: labels and actions, written into the outbox
 * of the caller's transaction. Thread-safe.
 */
final class Outgoing {

  private static final Map<String, String> OPPOSITES =
      Map.of("BLOCK", "RELEASE", "RELEASE", "BLOCK");

  private final CaseStore store;
  // A codec belongs to one thread.
  private final ThreadLocal<Codec<AlertRaised>> alerts =
      ThreadLocal.withInitial(() -> Codec.of(AlertRaised.class));
  private final ThreadLocal<Codec<Label>> labels =
      ThreadLocal.withInitial(() -> Codec.of(Label.class));
  private final ThreadLocal<Codec<Action>> actions =
      ThreadLocal.withInitial(() -> Codec.of(Action.class));

  Outgoing(CaseStore store) {
    this.store = store;
  }

  /** Labels every transaction that raised an alert of the case, but those that were trusted. */
  void label(Handle handle, long caseId, UUID verdictId, Verdict verdict, @Nullable String scheme) {
    if (verdict == Verdict.UNCLEAR) {
      return;
    }
    Map<String, Transaction> transactions = new LinkedHashMap<>();
    handle
        .createQuery(
            "select record from alert where case_id = :case and not trusted order by event_time, alert_id")
        .bind("case", caseId)
        .mapTo(byte[].class)
        .forEach(
            record -> {
              Transaction transaction = decode(record).getTransaction();
              transactions.put(transaction.getTransactionId(), transaction);
            });
    LabelValue value = verdict == Verdict.FRAUD ? LabelValue.FRAUD : LabelValue.GENUINE;
    transactions.forEach(
        (id, transaction) -> {
          Label label = new Label();
          label.setLabelId(verdictId + ":" + id);
          label.setTransactionId(id);
          label.setTransactionTime(transaction.getEventTime());
          label.setAccount(transaction.getAccount());
          label.setCard(transaction.getCard());
          label.setMerchant(transaction.getMerchant());
          label.setTerminal(transaction.getTerminal());
          label.setDevice(transaction.getDevice());
          label.setIp(transaction.getIp());
          label.setCounterparty(transaction.getCounterparty());
          label.setCustomer(transaction.getCustomer());
          label.setNextTokens(transaction.getNextTokens());
          label.setValue(value);
          label.setScheme(verdict == Verdict.FRAUD ? scheme : null);
          label.setSource(LabelSource.ANALYST);
          send(handle, label, caseId, verdictId);
        });
  }

  /** Takes back the labels of a verdict. */
  void withdraw(Handle handle, long caseId, UUID verdictId) {
    handle
        .createQuery(
            """
            select a.record from label l join alert a on a.transaction_id = l.transaction_id
            where l.verdict_id = :verdict and l.case_id = :case and l.value <> 'WITHDRAWN'
            """)
        .bind("verdict", verdictId)
        .bind("case", caseId)
        .mapTo(byte[].class)
        .list()
        .forEach(
            record -> {
              Transaction transaction = decode(record).getTransaction();
              Label label = new Label();
              label.setLabelId(verdictId + ":" + transaction.getTransactionId() + ":withdrawn");
              label.setTransactionId(transaction.getTransactionId());
              label.setTransactionTime(transaction.getEventTime());
              label.setAccount(transaction.getAccount());
              label.setCard(transaction.getCard());
              label.setMerchant(transaction.getMerchant());
              label.setTerminal(transaction.getTerminal());
              label.setDevice(transaction.getDevice());
              label.setIp(transaction.getIp());
              label.setCounterparty(transaction.getCounterparty());
              label.setCustomer(transaction.getCustomer());
              label.setNextTokens(transaction.getNextTokens());
              label.setValue(LabelValue.WITHDRAWN);
              label.setSource(LabelSource.ANALYST);
              send(handle, label, caseId, verdictId);
            });
  }

  private void send(Handle handle, Label label, long caseId, UUID verdictId) {
    // The later label is in force: this one must be later than any before it, whatever the clocks.
    long latestMs =
        handle
            .createQuery(
                "select coalesce(max(extract(epoch from label_time) * 1000)::bigint, 0) from label"
                    + " where transaction_id = :transaction")
            .bind("transaction", Columns.clean(label.getTransactionId()))
            .mapTo(Long.class)
            .one();
    long nowMs = store.now().toEpochMilli();
    label.setLabelTime(Math.max(nowMs, latestMs + 1));
    handle
        .createUpdate(
            """
            insert into label (label_id, transaction_id, account, value, scheme, source, label_time,
              verdict_id, case_id)
            values (:id, :transaction, :account, :value, :scheme, 'ANALYST', :time, :verdict, :case)
            """)
        .bind("id", Columns.clean(label.getLabelId()))
        .bind("transaction", Columns.clean(label.getTransactionId()))
        .bind("account", Columns.clean(label.getAccount()))
        .bind("value", label.getValue().name())
        .bind("scheme", label.getScheme())
        .bind("time", Columns.at(Instant.ofEpochMilli(label.getLabelTime())))
        .bind("verdict", verdictId)
        .bind("case", caseId)
        .execute();
    outbox(handle, "labels", label.getAccount(), labels.get().encode(label));
  }

  /**
   * Asks other systems for something, for every account of the case. What was asked for last is not
   * asked for again.
   */
  void act(Handle handle, CaseView view, String kind, String person) {
    for (String account : view.accounts) {
      List<String> before =
          handle
              .createQuery(
                  "select kind from action where case_id = :case and account = :account"
                      + " and kind = any(:kinds) order by seq desc")
              .bind("case", view.caseId)
              .bind("account", account)
              .bindArray(
                  "kinds",
                  String.class,
                  OPPOSITES.containsKey(kind) ? List.of("BLOCK", "RELEASE") : List.of(kind))
              .mapTo(String.class)
              .list();
      if (!before.isEmpty() && before.get(0).equals(kind)) {
        continue;
      }
      Action action = new Action();
      String id = actionId(view.caseId, kind, account, before.size());
      action.setActionId(id);
      action.setKind(ActionKind.valueOf(kind));
      action.setAccount(account);
      action.setCaseId(Long.toString(view.caseId));
      action.setRequestedBy(person);
      Instant now = store.now();
      action.setRequestedAt(now.toEpochMilli());
      byte[] record = actions.get().encode(action);
      handle
          .createUpdate(
              """
              insert into action (action_id, case_id, kind, account, requested_by, requested_at, record)
              values (:id, :case, :kind, :account, :by, :at, :record)
              """)
          .bind("id", id)
          .bind("case", view.caseId)
          .bind("kind", kind)
          .bind("account", account)
          .bind("by", person)
          .bind("at", Columns.at(now))
          .bind("record", record)
          .execute();
      outbox(handle, "actions", account, record);
      store.record(handle, view, person, new CaseEvent.ActionRequested(id, kind, account));
    }
  }

  /** Undoes what can be undone: a block by a release, and the other way round. */
  void actOpposite(Handle handle, CaseView view, List<String> kinds, String person) {
    for (String kind : kinds) {
      String opposite = OPPOSITES.get(kind);
      if (opposite != null) {
        act(handle, view, opposite, person);
      }
    }
  }

  private static void outbox(Handle handle, String topic, String key, byte[] value) {
    PreparedBatch batch =
        handle.prepareBatch("insert into outbox (topic, key, value) values (:topic, :key, :value)");
    batch
        .bind("topic", topic)
        .bind("key", key.getBytes(StandardCharsets.UTF_8))
        .bind("value", value)
        .add();
    batch.execute();
  }

  private AlertRaised decode(byte[] record) {
    try {
      return alerts.get().decode(record);
    } catch (DecodeException e) {
      throw new IllegalStateException("an alert of the database cannot be read", e);
    }
  }

  private static String actionId(long caseId, String kind, String account, int before) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(
                  (caseId + "|" + kind + "|" + before + "|" + account)
                      .getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
