// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/english_rules.h"

namespace featurescope::demo {

const std::string_view kPlaceRules = R"(
town_article =
  {town=town_name}{river=river_name}{state=country}{founded=number 900 1700}= {town} =\n\n{town_opening} {town_position} {town_size}\n\n== History ==\n\n{town_history} {town_history} {town_history}\n\n== {town_heading} ==\n\n{town_today} {town_today} {town_sights}\n
town_heading = Economy | Culture | Today | Buildings | Description
town_opening =
  {town} is a town in {region_of_state} on the River {river}.
  {town} is {a size} town in {region_of_state}.
  {town} is {a quality} town on the banks of the River {river} in {state}.
region_of_state = the north of {state} | the south of {state} | the east of {state} | the west of {state} | the centre of {state}
town_position =
  It lies {number 5 90} kilometres from {city} and {number 100 900} metres above the sea.
  The town lies between the River {river} and the hills of {town_name}.
  The river {river} flows through the middle of the town.
  To the north of the town are the hills, and to the south is {a quality forest_word}.
forest_word = forest | valley | lake | plain | swamp
town_size =
  In {number 1950 2019} it had {number 2 95},{number 100 999} inhabitants.
  The population was {number 2 95},{number 100 999} in {number 1950 2019}.
  About {number 2 60},000 people live in {town}.
town_history =
  The town was founded in {founded} by {a founder}.
  In the {century} {town} became an important market for {goods} and {goods}.
  The {building} was built of {material} in {number founded+20 founded+200}.
  In {number founded+30 founded+240} a fire destroyed the {building} and {number 20 400} houses.
  The {building} of {town} was first named in {founded}.
  During the {century} the merchants of {town} traded in {goods}, {goods} and {goods}.
  The railway came to {town} in {number 1840 1899}.
  After the war the town belonged to {country}.
  In {number founded+10 founded+230} the people of {town} built a wall around the town.
founder = king | bishop | duke | group of monks | merchant | group of fishermen
town_today =
  Today {town} is known for its {building} and its {goods}.
  The most important industry is the production of {goods}.
  There are {number_word} schools and a hospital in the town.
  Every {month} there is a market in front of the {building}.
  Most of the people work in the {building} or grow {crop} in the fields around the town.
  The road from {town} to {city} crosses the river {river} near the {building}.
crop = wheat | potatoes | apples | grapes | beans | cabbage | barley
town_sights =
  The {building} of {material} is the oldest building in {town}.
  The main sights are:\n\n- the {building}, built in {number founded+20 founded+300}\n- the {building}, built in {number founded+20 founded+300}\n- the {building} on the River {river}
  The poet {male_name} {surname} wrote of the town: "The {plural building} of {town} are {quality}."
  A museum in the old {building} shows the history of {goods}.

river_article =
  {river=river_name}{state=country}{end=city}= {river} (river) =\n\n{river_opening} {river_course} {river_course}\n\n== Nature ==\n\n{river_nature} {river_nature} {river_use}\n
river_opening =
  The {river} is a river in {state}.
  The River {river} is {a size} river in the north of {state}.
  The {river} is the {ordinal_word} longest river in {state}.
river_course =
  It rises in the mountains near {town_name} and flows to the {direction} for {number 30 900} kilometres.
  The {river} flows through {town_name} and {town_name} before it reaches the sea near {end}.
  Its water is {quality} and in {month} it is {number 2 30} metres deep.
  From {town_name} to {end} the river is {quality} and {quality}.
  Below {end} it is joined by the {river_name} and the {river_name}.
direction = north | south | east | west | north-east | south-west | south-east | north-west
river_nature =
  Many {plural water_animal} live in the {river}.
  The banks of the river are covered with {plural tree}.
  In {season_name} the {plural water_animal} come to the banks to feed.
  The {water_animal} has not been seen here since {number 1850 1990}.
river_use =
  Boats carry {goods} and {goods} down the river to {end}.
  In {number 1850 1990} a bridge of {material} was built over the {river}.
  The flood of {month} {number 1850 1990} was the worst in the history of {state}.

mountain_article =
  {peak=mountain_name}{state=country}{height=number 1200 6900}= {peak} =\n\n{mountain_opening} {mountain_shape}\n\n== Climbing ==\n\n{climb_first} {climb_more}\n\n{mountain_nature}\n
mountain_name = Mount {surname} | Mount {river_name} | {town_start} Peak | {colour_name} Mountain | Mount {male_name}
colour_name = Red | Blue | Green | White | Black | Grey
mountain_opening =
  {peak} is a mountain in {state}. It is {height} metres high.
  {peak} is the {ordinal_word} highest mountain in {state}, with a height of {height} metres.
  At {height} metres, {peak} is one of the highest mountains of {state}.
mountain_shape =
  Its top is covered with snow from {month} to {month}.
  The mountain is made of {colour} rock.
  From the top one can see the {plural building} of {city}.
  There is {a size} lake below the north side of the mountain.
climb_first =
  {peak} was first climbed on {date} {number 1820 1960} by {male_name} {surname} and {male_name} {surname}.
  The first to reach the top were {male_name} {surname} and {female_name} {surname} in {number 1820 1960}.
climb_more =
  The easiest way to the top is from the {direction}.
  In {number 1900 1999} {number_word} climbers were lost in a storm.
  They needed {number_word} days and {number_word} {plural mountain_gear}.
  "{peak} is {quality}," wrote {surname}, "but the way down is {quality}."
mountain_gear = rope | tent | mule | guide | boot
mountain_nature =
  The {plural wild_animal} and the {plural bird} of the mountain are protected by law.
  On the lower slopes there are forests of {plural tree}.
  {cap plural bird} build their nests in the rock.

place_list =
  {state=country}= List of rivers of {state} =\n\nThe longest rivers of {state} are:\n\n{river_entry}\n{river_entry}\n{river_entry}\n{river_entry}\n{river_entry}\n
  {state=country}= List of mountains of {state} =\n\nThe highest mountains of {state} are:\n\n{mountain_entry}\n{mountain_entry}\n{mountain_entry}\n{mountain_entry}\n
  {state=country}= Towns of {state} =\n\nThe following towns of {state} have a {building}:\n\n{town_entry}\n{town_entry}\n{town_entry}\n{town_entry}\n{town_entry}\n
river_entry = - {river_name}: {number 30 900} kilometres
mountain_entry = - {mountain_name}: {number 1200 6900} metres
town_entry = - {town_name}: {number 2 95},{number 100 999} inhabitants
)";

}  // namespace featurescope::demo
