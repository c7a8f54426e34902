const head = 'syntax = "proto3"; package google.type;';
const enumOf = (name: string, values: string): string =>
  `${head} enum ${name} { ${values
    .split(" ")
    .map((value, number) => `${value} = ${number};`)
    .join(" ")} }`;

const texts: Readonly<Record<string, string>> = {
  "google/type/calendar_period.proto": enumOf(
    "CalendarPeriod",
    "CALENDAR_PERIOD_UNSPECIFIED DAY WEEK FORTNIGHT MONTH QUARTER HALF YEAR",
  ),
  "google/type/color.proto": `${head} import "google/protobuf/wrappers.proto";
    message Color { float red = 1; float green = 2; float blue = 3; google.protobuf.FloatValue alpha = 4; }`,
  "google/type/date.proto": `${head} message Date { int32 year = 1; int32 month = 2; int32 day = 3; }`,
  "google/type/datetime.proto": `${head} import "google/protobuf/duration.proto";
    message DateTime {
      int32 year = 1; int32 month = 2; int32 day = 3; int32 hours = 4; int32 minutes = 5; int32 seconds = 6; int32 nanos = 7;
      oneof time_offset { google.protobuf.Duration utc_offset = 8; TimeZone time_zone = 9; }
    }
    message TimeZone { string id = 1; string version = 2; }`,
  "google/type/dayofweek.proto": enumOf(
    "DayOfWeek",
    "DAY_OF_WEEK_UNSPECIFIED MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY",
  ),
  "google/type/decimal.proto": `${head} message Decimal { string value = 1; }`,
  "google/type/expr.proto": `${head}
    message Expr { string expression = 1; string title = 2; string description = 3; string location = 4; }`,
  "google/type/fraction.proto": `${head} message Fraction { int64 numerator = 1; int64 denominator = 2; }`,
  "google/type/interval.proto": `${head} import "google/protobuf/timestamp.proto";
    message Interval { google.protobuf.Timestamp start_time = 1; google.protobuf.Timestamp end_time = 2; }`,
  "google/type/latlng.proto": `${head} message LatLng { double latitude = 1; double longitude = 2; }`,
  "google/type/localized_text.proto": `${head} message LocalizedText { string text = 1; string language_code = 2; }`,
  "google/type/money.proto": `${head} message Money { string currency_code = 1; int64 units = 2; int32 nanos = 3; }`,
  "google/type/month.proto": enumOf(
    "Month",
    "MONTH_UNSPECIFIED JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER",
  ),
  "google/type/phone_number.proto": `${head}
    message PhoneNumber {
      message ShortCode { string region_code = 1; string number = 2; }
      oneof kind { string e164_number = 1; ShortCode short_code = 2; }
      string extension = 3;
    }`,
  "google/type/postal_address.proto": `${head}
    message PostalAddress {
      int32 revision = 1; string region_code = 2; string language_code = 3; string postal_code = 4; string sorting_code = 5;
      string administrative_area = 6; string locality = 7; string sublocality = 8; repeated string address_lines = 9;
      repeated string recipients = 10; string organization = 11;
    }`,
  "google/type/quaternion.proto": `${head} message Quaternion { double x = 1; double y = 2; double z = 3; double w = 4; }`,
  "google/type/timeofday.proto": `${head} message TimeOfDay { int32 hours = 1; int32 minutes = 2; int32 seconds = 3; int32 nanos = 4; }`,
  "confluent/meta.proto": `syntax = "proto3"; package confluent; import "google/protobuf/descriptor.proto";
    message Meta { string doc = 1; map<string, string> params = 2; repeated string tags = 3; repeated Rule rules = 4; }
    message Rule { string name = 1; string doc = 2; string expr = 3; string sql = 4; }
    extend google.protobuf.FileOptions { Meta file_meta = 1088; }
    extend google.protobuf.MessageOptions { Meta message_meta = 1088; }
    extend google.protobuf.FieldOptions { Meta field_meta = 1088; }
    extend google.protobuf.EnumOptions { Meta enum_meta = 1088; }
    extend google.protobuf.EnumValueOptions { Meta enum_value_meta = 1088; }`,
  "confluent/type/decimal.proto": `syntax = "proto3"; package confluent.type;
    message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }`,
  "confluent/type/variant.proto": `syntax = "proto3"; package confluent.type;
    message Variant { bytes metadata = 1; bytes value = 2; }`,
};

/** Types that clients expect to be there besides those of `google/protobuf`: what stands on the wire, and nothing else. */
export const typeFiles: ReadonlyMap<string, string> = new Map(Object.entries(texts));
