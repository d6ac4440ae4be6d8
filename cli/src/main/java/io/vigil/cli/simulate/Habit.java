package io.vigil.cli.simulate;

import java.util.Arrays;

/**
 * The places one account knows and how often it was there: exploration and preferential return
 * (Song, Koren, Wang and Barabási, "Modelling the scaling properties of human mobility", Nature
 * Physics 6, 2010). With S places known, the next visit explores with probability 0.6 S^-0.21, and
 * otherwise returns to a place in proportion to its visits. At most {@code capacity} places: a new
 * one then takes the place of the least visited. Not thread-safe.
 */
final class Habit {
  static final int CAPACITY_MAX = 24;
  private static final double[] EXPLORE = new double[CAPACITY_MAX + 1];

  static {
    EXPLORE[0] = 1;
    for (int known = 1; known <= CAPACITY_MAX; known++) {
      EXPLORE[known] = 0.6 * StrictMath.pow(known, -0.21);
    }
  }

  private final int capacity;
  private int[] places = new int[2];
  private int[] visits = new int[2];
  private int size;
  private int total;

  /** Remembers 2 to {@link #CAPACITY_MAX} places. */
  Habit(int capacity) {
    this.capacity = capacity;
  }

  boolean explores(SimRandom random) {
    return random.uniform() < EXPLORE[size];
  }

  /** A known place in proportion to its visits, which grow by one. At least one must be known. */
  int recall(SimRandom random) {
    int left = random.below(total);
    int at = 0;
    while (left >= visits[at]) {
      left -= visits[at];
      at++;
    }
    visits[at]++;
    total++;
    return places[at];
  }

  void visit(int place) {
    for (int at = 0; at < size; at++) {
      if (places[at] == place) {
        visits[at]++;
        total++;
        return;
      }
    }
    total++;
    if (size < capacity) {
      if (size == places.length) {
        places = Arrays.copyOf(places, Math.min(capacity, 2 * size));
        visits = Arrays.copyOf(visits, places.length);
      }
      places[size] = place;
      visits[size++] = 1;
      return;
    }
    int least = 0;
    for (int at = 1; at < size; at++) {
      least = visits[at] < visits[least] ? at : least;
    }
    total -= visits[least];
    places[least] = place;
    visits[least] = 1;
  }
}
