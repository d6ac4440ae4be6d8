package io.vigil.cli.simulate;

import io.vigil.schema.Channel;

/**
 * What merchants sell: MCC (ISO 18245), the share of the channel's payments it takes (relative
 * weight), and the log-normal amount (median in euro, sigma of its logarithm).
 */
enum Category {
  GROCERY(5411, Channel.POS, 30, 24, 0.8),
  RESTAURANT(5812, Channel.POS, 14, 24, 0.7),
  FAST_FOOD(5814, Channel.POS, 13, 9, 0.5),
  BAKERY(5462, Channel.POS, 8, 5, 0.5),
  TRANSIT(4111, Channel.POS, 8, 4, 0.7),
  FUEL(5541, Channel.POS, 8, 48, 0.5),
  PHARMACY(5912, Channel.POS, 5, 14, 0.8),
  CLOTHING(5651, Channel.POS, 5, 45, 0.8),
  DEPARTMENT_STORE(5311, Channel.POS, 4, 40, 0.9),
  HOME_SUPPLY(5200, Channel.POS, 3, 38, 1.0),
  ELECTRONICS(5732, Channel.POS, 2, 90, 1.1),
  HOTEL(7011, Channel.POS, 1.5, 120, 0.7),
  JEWELLERY(5944, Channel.POS, 0.5, 120, 1.0),
  MARKETPLACE(5399, Channel.ECOM, 30, 28, 1.0),
  DIGITAL_GOODS(5815, Channel.ECOM, 13, 8, 0.9),
  STREAMING(4899, Channel.ECOM, 11, 11, 0.3),
  FOOD_DELIVERY(5811, Channel.ECOM, 12, 24, 0.5),
  RIDES(4121, Channel.ECOM, 9, 14, 0.6),
  ONLINE_CLOTHING(5691, Channel.ECOM, 9, 52, 0.8),
  TELECOM(4814, Channel.ECOM, 5, 25, 0.5),
  ONLINE_ELECTRONICS(5734, Channel.ECOM, 4, 110, 1.1),
  TRAVEL_AGENCY(4722, Channel.ECOM, 2, 190, 0.9),
  AIRLINE(4511, Channel.ECOM, 2, 160, 0.8),
  CHARITY(8398, Channel.ECOM, 1, 20, 1.0),
  CASH(6011, Channel.ATM, 1, 80, 0.6);

  private final int mcc;
  private final Channel channel;
  private final double weight;
  private final double logMedian;
  private final double sigma;

  Category(int mcc, Channel channel, double weight, double medianEuro, double sigma) {
    this.mcc = mcc;
    this.channel = channel;
    this.weight = weight;
    this.logMedian = StrictMath.log(medianEuro);
    this.sigma = sigma;
  }

  int mcc() {
    return mcc;
  }

  Channel channel() {
    return channel;
  }

  double weight() {
    return weight;
  }

  /** Natural logarithm of the median amount in euro. */
  double logMedian() {
    return logMedian;
  }

  double sigma() {
    return sigma;
  }
}
