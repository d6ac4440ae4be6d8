package io.vigil.cli.monitor;

import io.vigil.model.monitor.Finding;
import io.vigil.model.monitor.InputWatch;
import io.vigil.schema.Decision;
import io.vigil.schema.Transaction;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What of decisions is watched: nothing that names a person, merchant or device, only what kinds
 * they are of and whether they were given. One account or merchant counts three times in ten
 * minutes at the most: a burst of one is a case, not a fault of what comes in. Not thread-safe.
 */
public final class Traffic {
  /** The dimension of feeds. */
  public static final String FEED = "feed";

  private static final long[] DELAYS_MS = {-1_000, 1_000, 10_000, 60_000, 600_000, 3_600_000};
  private static final String[] DELAYS = {
    "ahead", "below 1 s", "1 to 10 s", "10 to 60 s", "1 to 10 min", "10 to 60 min", "above 1 h"
  };
  private static final int SCORE_BANDS = 10;

  /** Feeds whose delay is watched: those that came first. */
  private static final int FEEDS_MAX = 50;

  private final Function<Transaction, @Nullable String> feed;
  private final InputWatch watch = new InputWatch(FEED);
  private final TreeMap<Long, Bursts> bursts = new TreeMap<>();
  private final Set<String> delayed = new HashSet<>();

  /**
   * How often each account and merchant came in one bucket, by hash: two that share a cell count
   * less, which costs a little of what is counted. Where many come, none is held back: a burst of
   * one is nothing among them.
   */
  private static final class Bursts {
    private static final int CELLS = 1 << 18;
    private static final int FEW = CELLS / 4;
    private static final int EACH_MAX = 3;

    private final byte[] accounts = new byte[CELLS];
    private final byte[] merchants = new byte[CELLS];
    private int seen;

    boolean isOneMore(Transaction t) {
      if (++seen > FEW) {
        return true;
      }
      boolean account = isOneMore(accounts, t.getAccount());
      return (t.getMerchant() == null || isOneMore(merchants, t.getMerchant())) && account;
    }

    private static boolean isOneMore(byte[] cells, String id) {
      int hash = id.hashCode() * 0x9E3779B9;
      int cell = hash >>> (Integer.SIZE - Integer.numberOfTrailingZeros(CELLS));
      if (cells[cell] >= EACH_MAX) {
        return false;
      }
      cells[cell]++;
      return true;
    }
  }

  /**
   * @param feed names the source that sent a transaction; null for none
   */
  public Traffic(Function<Transaction, @Nullable String> feed) {
    this.feed = feed;
  }

  /** Counts a decision at its effective time. */
  public void count(Decision decision) {
    Transaction t = decision.getTransaction();
    long delayMs = decision.getAppendTime() - t.getEventTime();
    count(t, decision.getEffectiveTime(), delayMs, decision.getScore());
  }

  /**
   * Counts a transaction.
   *
   * @param timeMs when it took effect, milliseconds since the epoch
   * @param delayMs how much later than it happened the log took it, milliseconds
   * @param score a probability, or NaN
   */
  void count(Transaction t, long timeMs, long delayMs, double score) {
    String from = given(feed.apply(t));
    watch.add(timeMs, FEED, from);
    long bucket = Math.floorDiv(timeMs, InputWatch.BUCKET_MS);
    if (!bursts.computeIfAbsent(bucket, b -> new Bursts()).isOneMore(t)) {
      return;
    }
    watch.add(timeMs, "currency", given(t.getCurrency()));
    watch.add(timeMs, "channel", t.getChannel().name());
    watch.add(timeMs, "entry mode", t.getEntryMode().name());
    watch.add(timeMs, "country", given(t.getCountry()));
    watch.add(timeMs, "merchant category", given(t.getMcc()));
    presence(timeMs, "card", t.getCard());
    presence(timeMs, "merchant", t.getMerchant());
    presence(timeMs, "terminal", t.getTerminal());
    presence(timeMs, "device", t.getDevice());
    presence(timeMs, "ip", t.getIp());
    presence(timeMs, "counterparty", t.getCounterparty());
    presence(timeMs, "customer", t.getCustomer());
    presence(timeMs, "place", t.getLatitude());
    // Of each feed for itself: its clock is its own.
    if (delayed.contains(from) || (delayed.size() < FEEDS_MAX && delayed.add(from))) {
      watch.add(timeMs, "delay of " + from, delay(delayMs));
    }
    if (!Double.isNaN(score)) {
      int band = Math.min(SCORE_BANDS - 1, (int) (score * SCORE_BANDS));
      watch.add(timeMs, "score", band / 10.0 + " to " + (band + 1) / 10.0);
    }
  }

  /** As {@link InputWatch#reached}. */
  public List<Finding> reached(long timeMs) {
    List<Finding> found = watch.reached(timeMs);
    bursts.headMap(Math.floorDiv(timeMs, InputWatch.BUCKET_MS)).clear();
    return found;
  }

  /** As {@link InputWatch#open}. */
  public List<Finding> open() {
    return watch.open();
  }

  private void presence(long timeMs, String field, @Nullable Object value) {
    watch.add(timeMs, field, value == null ? InputWatch.NONE : "given");
  }

  private static String given(@Nullable Object value) {
    return value == null ? InputWatch.NONE : value.toString();
  }

  private static String delay(long delayMs) {
    int band = 0;
    while (band < DELAYS_MS.length && delayMs >= DELAYS_MS[band]) {
      band++;
    }
    return DELAYS[band];
  }
}
