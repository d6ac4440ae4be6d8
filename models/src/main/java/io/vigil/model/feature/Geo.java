package io.vigil.model.feature;

/** Distances on the sphere. */
final class Geo {
  /** Mean radius of the Earth, IUGG (Moritz, Geodetic Reference System 1980). */
  private static final double RADIUS_KM = 6371.0088;

  private static final double MS_PER_HOUR = 3_600_000.0;

  /** Sources tell time to the second: what is closer together counts as one second apart. */
  private static final long ELAPSED_MS_MIN = 1_000;

  private Geo() {}

  /**
   * Great-circle distance by the haversine formula (R. W. Sinnott, "Virtues of the Haversine", Sky
   * and Telescope 68(2), 1984); arguments in degrees.
   */
  static double distanceKm(
      double latitude1, double longitude1, double latitude2, double longitude2) {
    double phi1 = StrictMath.toRadians(latitude1);
    double phi2 = StrictMath.toRadians(latitude2);
    double byLatitude = StrictMath.sin((phi2 - phi1) / 2);
    double byLongitude = StrictMath.sin(StrictMath.toRadians(longitude2 - longitude1) / 2);
    double haversine =
        byLatitude * byLatitude
            + StrictMath.cos(phi1) * StrictMath.cos(phi2) * byLongitude * byLongitude;
    return 2 * RADIUS_KM * StrictMath.asin(Math.min(1, StrictMath.sqrt(haversine)));
  }

  static double speedKmh(double km, long elapsedMs) {
    return km * MS_PER_HOUR / Math.max(ELAPSED_MS_MIN, elapsedMs);
  }
}
