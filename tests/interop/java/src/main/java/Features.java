import java.util.concurrent.ExecutionException;

/** What suites in Java share: a feature is tried and told of in a line, ok or FAIL and why; the last line is done. */
abstract class Features {
  interface Work {
    void run() throws Exception;
  }

  private boolean failed = false;

  void feature(String name, Work work) {
    try {
      work.run();
      System.out.println("ok " + name);
    } catch (Throwable error) {
      failed = true;
      Throwable cause = error instanceof ExecutionException ? error.getCause() : error;
      System.out.println("FAIL " + name + " " + String.valueOf(cause).replace('\n', ' '));
    }
  }

  /** Ends the program, after all features. */
  void finish() {
    System.out.println("done");
    System.exit(failed ? 1 : 0);
  }
}
