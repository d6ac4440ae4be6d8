package io.vigil.cli.whatif;

/** A question that is not answered, and why. */
final class WhatIfException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String error;

  /**
   * @param status of HTTP, 400 or above
   * @param error a word for programs
   * @param message for people: the thing, what was expected, what came
   */
  WhatIfException(int status, String error, String message) {
    super(message);
    this.status = status;
    this.error = error;
  }

  static WhatIfException bad(String error, String message) {
    return new WhatIfException(400, error, message);
  }

  int status() {
    return status;
  }

  String error() {
    return error;
  }
}
