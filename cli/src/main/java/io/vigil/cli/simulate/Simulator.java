package io.vigil.cli.simulate;

import io.vigil.cli.simulate.Campaigns.Planned;
import io.vigil.cli.simulate.Reports.Report;
import io.vigil.schema.Label;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Transaction;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The stream in the order of event time, made as it is read: equal options give equal streams, to
 * the bit, on every machine. The world runs unseen for {@value #WARM_UP_DAYS} days before the
 * start, so that habits, leaks and slow frauds are under way when the first row comes. Genuine
 * payments draw from their own numbers: other fraud options leave them as they are, but for their
 * ids. Not thread-safe.
 */
public final class Simulator implements Iterator<SimulatedTransaction> {
  private static final int WARM_UP_DAYS = 16;
  private static final String BILLING_CURRENCY = Money.EUR.name();

  private final long transactions;
  private final Population population;
  private final Market market;
  private final GenuinePayments genuine;
  private final Campaigns campaigns;
  private final DueTimes due;
  private final long startMs;
  private long made;

  /** Builds the world and runs it up to the start: seconds for 100,000 accounts. */
  public Simulator(SimulatorOptions options) {
    long seed = options.seed();
    transactions = options.transactions();
    startMs = options.start().toEpochMilli();
    long warmUpMs = startMs - WARM_UP_DAYS * Rhythm.DAY_MS;
    market = new Market(options.accounts(), new SimRandom(seed, 1));
    population =
        new Population(seed, options.accounts(), options.perAccountDay(), new SimRandom(seed, 2));
    genuine = new GenuinePayments(population, market, new SimRandom(seed, 3));
    SimRandom fraud = new SimRandom(seed, 4);
    double genuinePerMs = options.accounts() * options.perAccountDay() / Rhythm.DAY_MS;
    campaigns =
        new Campaigns(
            options,
            genuinePerMs / (1 - options.fraudShare()),
            warmUpMs,
            market.size(),
            new FraudScripts(population, market, fraud),
            new Reports(options, new SimRandom(seed, 5)),
            fraud);
    long[] first = new long[options.accounts()];
    for (int i = 0; i < first.length; i++) {
      first[i] = genuine.first(population.get(i), warmUpMs);
    }
    due = new DueTimes(first);
    while (nextMs() < startMs) {
      if (fraudIsNext()) {
        campaigns.remove();
      } else {
        nextGenuine();
      }
    }
  }

  @Override
  public boolean hasNext() {
    return made < transactions;
  }

  @Override
  public SimulatedTransaction next() {
    if (!hasNext()) {
      throw new NoSuchElementException("all " + transactions + " transactions were read");
    }
    nextMs();
    if (!fraudIsNext()) {
      return new SimulatedTransaction(transaction(nextGenuine()), null, null, null);
    }
    Planned planned = campaigns.remove();
    Transaction transaction = transaction(planned.draft());
    Report report = planned.report();
    Label label = report == null ? null : label(transaction, planned.kind(), report);
    return new SimulatedTransaction(transaction, planned.kind(), planned.cause(), label);
  }

  /** The time of what comes next, genuine or not. */
  private long nextMs() {
    campaigns.advanceTo(due.earliestMs());
    Planned planned = campaigns.peek();
    return planned == null
        ? due.earliestMs()
        : Math.min(due.earliestMs(), planned.draft().timeMs());
  }

  private boolean fraudIsNext() {
    Planned planned = campaigns.peek();
    return planned != null && planned.draft().timeMs() < due.earliestMs();
  }

  private Draft nextGenuine() {
    Account account = population.get(due.account());
    long timeMs = due.earliestMs();
    Draft draft = genuine.draft(account, timeMs);
    campaigns.observe(draft);
    due.reschedule(genuine.next(account, timeMs));
    return draft;
  }

  static String merchantId(int merchant) {
    return "m" + (merchant + 1);
  }

  private Transaction transaction(Draft draft) {
    int merchant = draft.merchant();
    boolean atMerchant = merchant >= 0;
    Money money = atMerchant ? market.money(merchant) : Money.EUR;
    long minor = money.fromCents(draft.cents());
    // A web shop has no place: where it is registered says nothing of where the customer is.
    boolean hasPlace = draft.terminal() > 0;
    made++;
    return new Transaction(
        "t" + made,
        draft.timeMs(),
        Population.id(draft.account().index),
        draft.card() < 0 ? null : Tokens.hash(population.card(draft.account(), draft.card())),
        null,
        atMerchant ? merchantId(merchant) : null,
        hasPlace ? merchantId(merchant) + "-" + draft.terminal() : null,
        draft.device() == 0 ? null : Tokens.hex(new StringBuilder("d"), draft.device()).toString(),
        draft.ip() == 0 ? null : Tokens.hash(draft.ip()),
        draft.payee(),
        minor,
        money.name(),
        money.toCents(minor),
        BILLING_CURRENCY,
        atMerchant ? market.category(merchant).mcc() : null,
        draft.channel(),
        draft.entryMode(),
        atMerchant ? market.city(merchant).country() : null,
        hasPlace ? market.latitudeE4(merchant) / 1e4 : null,
        hasPlace ? market.longitudeE4(merchant) / 1e4 : null,
        Map.of(),
        null,
        null,
        null);
  }

  private static @Nullable Label label(Transaction transaction, FraudKind kind, Report report) {
    return new Label(
        "l-" + transaction.getTransactionId(),
        transaction.getTransactionId(),
        transaction.getEventTime(),
        transaction.getAccount(),
        transaction.getCard(),
        transaction.getMerchant(),
        transaction.getTerminal(),
        transaction.getDevice(),
        transaction.getIp(),
        transaction.getCounterparty(),
        LabelValue.FRAUD,
        kind.id(),
        Reports.source(kind, transaction.getChannel(), report),
        transaction.getEventTime() + report.delayMs(),
        transaction.getCustomer(),
        null);
  }
}
