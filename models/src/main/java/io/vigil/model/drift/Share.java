package io.vigil.model.drift;

/**
 * So many of so many, with the 95 % interval of the share (Wilson).
 *
 * @param count 0 to {@code of}
 * @param low 0 to 1; NaN of nothing
 * @param high 0 to 1; NaN of nothing
 */
public record Share(long count, long of, double low, double high) {
  static Share of(long count, long of) {
    Chance.Interval interval = Chance.interval(count, of);
    return new Share(count, of, interval.low(), interval.high());
  }

  /** 0 to 1; NaN of nothing. */
  public double share() {
    return of == 0 ? Double.NaN : count / (double) of;
  }
}
