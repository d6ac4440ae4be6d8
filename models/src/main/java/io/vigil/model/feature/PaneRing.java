package io.vigil.model.feature;

import java.util.Arrays;

/**
 * What fell into each pane of a window, the empty ones left out. Packed: varint n; n times the
 * pane's number (zigzag for the first, then varint from the one before) and its moments. Reused
 * scratch, single-threaded.
 */
final class PaneRing implements Totals<PaneRing> {
  /** The panes of the longest window and its delay, and those that both its ends cut. */
  private static final int PANES_MAX = Window.PANES_KEPT_MAX + 2;

  private final long resolutionMs;
  private final long reachMs;

  private int size;
  private long[] numbers = new long[16];
  private Moments[] panes = new Moments[16];

  /**
   * @param resolutionMs the width of a pane
   * @param reachMs how far back the longest window over these panes goes, its delay included
   */
  PaneRing(long resolutionMs, long reachMs) {
    this.resolutionMs = resolutionMs;
    this.reachMs = reachMs;
    for (int pane = 0; pane < panes.length; pane++) {
      panes[pane] = new Moments();
    }
  }

  @Override
  public boolean isEmpty() {
    return size == 0;
  }

  @Override
  public void clear() {
    size = 0;
  }

  @Override
  public void read(ByteReader in, int parts) {
    size = in.length(PANES_MAX);
    reserve(size);
    long number = 0;
    for (int pane = 0; pane < size; pane++) {
      number = pane == 0 ? in.zigzag() : number + in.varint();
      numbers[pane] = number;
      panes[pane].read(in, parts);
    }
  }

  @Override
  public void write(ByteWriter out, int parts) {
    out.varint(size);
    for (int pane = 0; pane < size; pane++) {
      if (pane == 0) {
        out.zigzag(numbers[0]);
      } else {
        out.varint(numbers[pane] - numbers[pane - 1]);
      }
      panes[pane].write(out, parts);
    }
  }

  void add(long eventTimeMs, long amountMinor) {
    pane(Math.floorDiv(eventTimeMs, resolutionMs)).add(amountMinor);
  }

  @Override
  public void add(PaneRing other) {
    for (int pane = 0; pane < other.size; pane++) {
      pane(other.numbers[pane]).add(other.panes[pane]);
    }
  }

  private Moments pane(long number) {
    int at = Timeline.firstAfter(numbers, size, number);
    if (at == 0 || numbers[at - 1] != number) {
      reserve(size + 1);
      Moments spare = panes[size];
      System.arraycopy(numbers, at, numbers, at + 1, size - at);
      System.arraycopy(panes, at, panes, at + 1, size - at);
      numbers[at] = number;
      panes[at] = spare;
      spare.clear();
      size++;
      at++;
    }
    return panes[at - 1];
  }

  /** Drops the panes that no window of an event at {@code newestMs} or later asks for. */
  void expire(long newestMs) {
    long oldest = Math.floorDiv(newestMs - reachMs, resolutionMs);
    int gone = Timeline.firstAfter(numbers, size, oldest - 1);
    if (gone == 0) {
      return;
    }
    for (int pane = gone; pane < size; pane++) {
      numbers[pane - gone] = numbers[pane];
      Moments spare = panes[pane - gone];
      panes[pane - gone] = panes[pane];
      panes[pane] = spare;
    }
    size -= gone;
  }

  /** Adds the panes of a window as of an event at that time. */
  void addTo(Moments moments, long eventTimeMs, Window window) {
    long end = Math.floorDiv(eventTimeMs - window.delayMs(), resolutionMs);
    if (window.delayMs() > 0) {
      // The pane in which the delay ends would hold events younger than the delay.
      end--;
    }
    long afterEnd = end - window.lengthMs() / resolutionMs;
    int to = Timeline.firstAfter(numbers, size, end);
    for (int pane = Timeline.firstAfter(numbers, size, afterEnd); pane < to; pane++) {
      moments.add(panes[pane]);
    }
  }

  private void reserve(int length) {
    int old = panes.length;
    if (old >= length) {
      return;
    }
    numbers = Arrays.copyOf(numbers, length * 2);
    panes = Arrays.copyOf(panes, length * 2);
    for (int pane = old; pane < panes.length; pane++) {
      panes[pane] = new Moments();
    }
  }
}
