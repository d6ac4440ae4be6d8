package io.vigil.bench.queue;

/**
 * What a case takes a person.
 *
 * @param firstMinutes for a case of one alert
 * @param furtherMinutes for each further alert
 * @param mostMinutes at the most
 */
record WorkTime(double firstMinutes, double furtherMinutes, double mostMinutes) {

  double minutes(int alerts) {
    return Math.min(mostMinutes, firstMinutes + furtherMinutes * (alerts - 1));
  }
}
