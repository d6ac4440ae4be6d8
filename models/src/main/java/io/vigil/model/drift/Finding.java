package io.vigil.model.drift;

/**
 * Something that somebody should look at.
 *
 * @param area such as drift or calibration
 * @param text in words, with the number and its limit
 * @param observed the number
 * @param limit that it broke
 */
public record Finding(String area, String text, double observed, double limit) {
  /**
   * Something that could not be said.
   *
   * @param area as of a finding
   * @param why and what would change it
   */
  public record Gap(String area, String why) {}
}
